"""The tasks of a service, outside a session and, with `BENCHMARK_SESSION`, inside one."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from app.jobs.noted import noted
from app.main import app
from kit.tasks import transaction

PACKAGES = ()


async def in_session(sent: float) -> None:
    async with transaction(app) as session:
        await noted.defer(session, sent=sent)


@asynccontextmanager
async def opened() -> AsyncGenerator[object]:
    async with app.router.lifespan_context(app):
        yield in_session if os.environ.get("BENCHMARK_SESSION") else lambda sent: noted.defer(app, sent=sent)


async def work() -> None:
    async with app.router.lifespan_context(app):
        await asyncio.Event().wait()


if __name__ == "__main__" and "work" in sys.argv:
    asyncio.run(work())
