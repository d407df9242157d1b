"""Arq, as its documentation shows it."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, ClassVar

from arq import create_pool
from arq.connections import RedisSettings

from benchmarks.workloads.notes import note

PACKAGES = ("arq",)
WORKER = ("-m", "arq", "benchmarks.peers.queue_arq.WorkerSettings")
REDIS = RedisSettings.from_dsn(os.environ["BENCHMARK_REDIS"])


async def noted(_context: dict[str, Any], sent: float) -> None:
    note(sent)


class WorkerSettings:
    functions: ClassVar = [noted]
    redis_settings = REDIS
    keep_result = 0


@asynccontextmanager
async def opened() -> AsyncGenerator[object]:
    pool = await create_pool(REDIS)
    yield partial(pool.enqueue_job, "noted")
    await pool.aclose()
