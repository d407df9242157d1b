"""The tasks of a service, outside a session and, with `BENCHMARK_SESSION`, inside one.

`python -m benchmarks.workloads.queue_service fill COUNT` leaves a backlog, and `work` runs tasks until it is stopped.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from app.jobs.noted import noted
from app.main import app
from kit import application
from kit.tasks import transaction

PACKAGES = ()
IN_TRANSACTION = 1000


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


async def fill(count: int) -> None:
    """Defer tasks in large transactions, and begin none."""
    async with application.opened() as service:
        for done in range(0, count, IN_TRANSACTION):
            async with transaction(service) as session:
                for _ in range(min(IN_TRANSACTION, count - done)):
                    await noted.defer(session, sent=time.time())


if __name__ == "__main__" and "work" in sys.argv:
    asyncio.run(work())
if __name__ == "__main__" and "fill" in sys.argv:
    asyncio.run(fill(int(sys.argv[-1])))
    print("null")  # noqa: T201 - the parent reads JSON
