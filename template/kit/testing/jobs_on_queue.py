"""Fixtures for tests of jobs on a queue: a worker and a scheduler run beside the service, on a Redis server."""

import asyncio
import os
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from redis.exceptions import RedisError

from kit.background import end
from kit.scheduler import Job, get_scheduler
from kit.scheduler.clock import Clock
from kit.scheduler.settings import SchedulerSettings
from kit.scheduler.taskiq import queue_scheduler, router
from kit.scheduler.taskiq.queue import JobQueue
from kit.scheduler.taskiq.queue_scheduler import QueueScheduler
from kit.scheduler.taskiq.settings import QueueSettings
from kit.testing.service import given
from kit.testing.started_jobs import RunJobs, started_jobs


@pytest.fixture(scope="session", autouse=True)
def queue_url(request: pytest.FixtureRequest) -> Generator[str]:
    """Keep `SCHEDULER_URL` if it is set, else point it at a new server."""
    url = os.environ.get("SCHEDULER_URL") or request.getfixturevalue("redis_server")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SCHEDULER_URL", url)
        yield url


@pytest.fixture
def queue_name() -> Generator[str]:
    """Yield the name of a service without keys in Redis, and delete its keys after the test."""
    name = f"trial-{uuid4().hex}"
    yield name
    asyncio.run(_forget(name))


async def _forget(name: str) -> None:
    queue = JobQueue(QueueSettings(), name)
    redis: Any = queue.redis
    async for key in redis.scan_iter(f"{{{name}}}*"):
        await redis.delete(key)
    await queue.shutdown()


@pytest.fixture
def run_jobs(queue_name: str, monkeypatch: pytest.MonkeyPatch) -> RunJobs:
    """Return a function that starts a service with these jobs; all services of a test share the state of the jobs."""

    @asynccontextmanager
    async def run(*jobs: Job, shutdown_timeout: float = 10, cancel_timeout: float = 5) -> AsyncGenerator[FastAPI]:
        monkeypatch.setattr(queue_scheduler, "find_jobs", lambda: {job.id: job for job in jobs})
        limits = SchedulerSettings(shutdown_timeout=shutdown_timeout, cancel_timeout=cancel_timeout)
        settings = given(app_name=queue_name), limits, QueueSettings(concurrency=2)
        async with started_jobs(router, *settings) as app, working(app):
            yield app

    return run


@asynccontextmanager
async def working(app: FastAPI) -> AsyncGenerator[None]:
    """Run a worker, and what a scheduler runs."""
    jobs = get_scheduler(app)
    assert isinstance(jobs, QueueScheduler)
    jobs.queue.block = 100  # milliseconds; a worker that stops waits for its last read
    stop = asyncio.Event()
    worker = asyncio.create_task(jobs.work(stop))
    loops = [Clock(jobs.ledger, jobs.scheduled, RedisError).run, *jobs.beside_clock]
    clocks = [asyncio.create_task(loop()) for loop in loops]
    try:
        yield
    finally:
        await end(*clocks)
        stop.set()
        await worker
