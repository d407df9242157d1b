"""PgQueuer on PostgreSQL, as its documentation shows it; a pool lets several tasks be deferred at once."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.models import Job
from pgqueuer.queries import Queries

from benchmarks.workloads.notes import note

PACKAGES = ("pgqueuer",)
WORKER = ("-m", "benchmarks.peers.queue_pgqueuer", "work")
URL = os.environ["BENCHMARK_POSTGRES"]


async def prepare() -> None:
    connection = await asyncpg.connect(URL)
    await Queries(AsyncpgDriver(connection)).install()
    await connection.close()


@asynccontextmanager
async def opened() -> AsyncGenerator[object]:
    async with asyncpg.create_pool(URL, max_size=10) as pool:
        queries = Queries(AsyncpgPoolDriver(pool))
        yield lambda sent: queries.enqueue("noted", str(sent).encode())


async def work() -> None:
    connection = await asyncpg.connect(URL)
    queue = PgQueuer(AsyncpgDriver(connection))

    @queue.entrypoint("noted")
    async def noted(job: Job) -> None:
        note(float(job.payload or b"0"))

    await queue.run(batch_size=32)


if __name__ == "__main__":
    asyncio.run(work() if "work" in sys.argv else prepare())
