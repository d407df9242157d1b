"""Limits on what the service does at once."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from fastapi import Request

from app.settings import Settings, get_settings


def semaphore(name: str, limit: int) -> Callable[[Request], AsyncGenerator[None]]:
    """Make a dependency that lets at most `limit` requests of this process in at once, in the order they came.

    `SEMAPHORES__<name>` sets another limit. Dependencies of the same name share it.
    """

    async def acquire(request: Request) -> AsyncGenerator[None]:
        semaphores: dict[str, asyncio.Semaphore] = request.app.state.semaphores
        if name not in semaphores:
            configured = get_settings(request.app, Settings).semaphores
            semaphores[name] = asyncio.Semaphore(configured.get(name.lower(), limit))
        async with semaphores[name]:
            yield

    return acquire
