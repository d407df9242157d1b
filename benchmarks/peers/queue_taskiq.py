"""Taskiq on Redis streams, as its documentation shows it."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from taskiq_redis import RedisStreamBroker

from benchmarks.workloads.notes import note

PACKAGES = ("taskiq", "taskiq-redis")
WORKER = ("-m", "taskiq", "worker", "--workers", "1", "benchmarks.peers.queue_taskiq:broker")

broker = RedisStreamBroker(os.environ["BENCHMARK_REDIS"], queue_name="bare-taskiq")


@broker.task
async def noted(sent: float) -> None:
    note(sent)


@asynccontextmanager
async def opened() -> AsyncGenerator[object]:
    await broker.startup()
    yield noted.kiq
    await broker.shutdown()
