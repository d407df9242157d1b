"""Puts jobs into the queue, and runs those that come from it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import structlog
from fastapi import FastAPI
from redis.exceptions import RedisError
from structlog.typing import FilteringBoundLogger
from taskiq.receiver import Receiver

from kit.errors import ServiceUnavailableException
from kit.scheduler.health import JobsHealth, examine
from kit.scheduler.job import Job
from kit.scheduler.registry import find_jobs
from kit.scheduler.run import JobState
from kit.scheduler.scheduler import Scheduler
from kit.scheduler.taskiq.ledger import Ledger
from kit.scheduler.taskiq.queue import JobQueue, work_of_run
from kit.scheduler.taskiq.settings import QueueSettings
from kit.settings import Settings, get_settings

log: FilteringBoundLogger = structlog.get_logger(__name__)


class QueueScheduler(Scheduler):
    """Starts the jobs for all processes that share a queue."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(app, find_jobs())
        self.queue = JobQueue(get_settings(app, QueueSettings), get_settings(app, Settings).app_name)
        self.ledger = Ledger(self.queue)
        self.beside_clock: list[Callable[[], Coroutine[Any, Any, None]]] = []
        """What `python -m app scheduler` runs too."""
        for job in self.jobs.values():
            self.queue.register_task(self._task(job), job.id)

    async def start(self, job: Job) -> bool:
        with unavailable_without_redis():
            return await self.ledger.offer(job, None, datetime.now(UTC))

    async def states(self) -> dict[str, JobState]:
        with unavailable_without_redis():
            return await self.ledger.read_all(self.jobs)

    async def check(self) -> JobsHealth:
        """Return the jobs; raise `ServiceUnavailableException` if no run can be put into the queue."""
        with unavailable_without_redis():
            await self.ledger.probe()
        return await examine(self)

    async def processes(self) -> dict[str, bool | int | list[str]]:
        with unavailable_without_redis():
            workers, unknown = await self.queue.count_workers(), await self.queue.parking.job_ids()
            return {"workers": workers, "jobs_without_worker": unknown}

    async def work(self, stop: asyncio.Event) -> None:
        """Run the jobs that come from the queue until `stop` is set, then finish the running ones."""
        logging.getLogger("taskiq").setLevel(logging.WARNING)  # each run has its own lines in the log
        seconds = self.settings.shutdown_timeout
        concurrency = get_settings(self.app, QueueSettings).concurrency
        receiver = Receiver(self.queue, run_startup=False, max_async_tasks=concurrency, wait_tasks_timeout=seconds)
        log.info("worker started", jobs=len(self.jobs))
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(self.queue.keep())
            await receiver.listen(stop)
            await self.finish(0)
            keeping.cancel()
        await self.queue.leave()

    def _task(self, job: Job) -> Callable[[], Awaitable[None]]:
        async def save(state: JobState) -> None:
            await self.ledger.write(job.id, state)

        async def task() -> None:
            try:
                state = await self.ledger.read(job.id)
            except RedisError:
                state = JobState()
            await self.run(job, state, save, work_of_run.set)

        return task


@contextmanager
def unavailable_without_redis() -> Generator[None]:
    """Turn errors of Redis into `ServiceUnavailableException`."""
    try:
        yield
    except RedisError as error:
        raise ServiceUnavailableException("The queue of jobs does not answer") from error
