"""Procrastinate on PostgreSQL, as its documentation shows it."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from procrastinate import App, PsycopgConnector

from benchmarks.workloads.notes import note

PACKAGES = ("procrastinate",)
WORKER = ("-m", "benchmarks.peers.queue_procrastinate", "work")

app = App(connector=PsycopgConnector(conninfo=os.environ["BENCHMARK_POSTGRES"]))


@app.task(name="noted", pass_context=False)
async def noted(sent: float) -> None:
    note(sent)


async def prepare() -> None:
    async with app.open_async():
        await app.schema_manager.apply_schema_async()


@asynccontextmanager
async def opened() -> AsyncGenerator[object]:
    async with app.open_async():
        yield lambda sent: noted.defer_async(sent=sent)


async def work() -> None:
    async with app.open_async():
        await app.run_worker_async(concurrency=32, delete_jobs="successful")


if __name__ == "__main__":
    asyncio.run(work() if "work" in sys.argv else prepare())
