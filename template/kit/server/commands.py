"""`python -m app shell`: Python with the service at hand."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import click

from kit.application import opened
from kit.discovery import modules
from kit.server.console import Console


@click.command()
def shell() -> None:
    """Open a Python prompt with the service, in which `await` works.

    It has `app` and what the parts of the service add; `dir()` lists the names. Ctrl+C stops what runs, and Ctrl+D
    leaves. The service does no work of its own meanwhile.
    """
    asyncio.run(_run())


async def _run() -> None:
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(opened())
        names: dict[str, Any] = {"app": app}
        for module in modules("*/shell.py"):
            names |= await stack.enter_async_context(module.names(app))
        await Console(names).run()
