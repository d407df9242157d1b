"""Puts jobs into the queue, and runs those that come from it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog
from fastapi import FastAPI
from pgqueuer.models import Job as Entry
from pgqueuer.qm import QueueManager
from pgqueuer.queries import Queries
from sqlalchemy import text
from structlog.typing import FilteringBoundLogger

from kit.background import end
from kit.errors import ServiceUnavailableException
from kit.scheduler.clock import Clock
from kit.scheduler.health import JobsHealth, examine
from kit.scheduler.job import Job
from kit.scheduler.pgqueuer.driver import WorkerDriver
from kit.scheduler.pgqueuer.ledger import Ledger
from kit.scheduler.pgqueuer.settings import QueueSettings
from kit.scheduler.registry import find_jobs
from kit.scheduler.run import JobState
from kit.scheduler.scheduler import Scheduler
from kit.settings import get_settings
from kit.sql import get_database

log: FilteringBoundLogger = structlog.get_logger(__name__)

Handler = Callable[[Entry], Awaitable[None]]
LEASE = timedelta(seconds=5)
LOOK = timedelta(seconds=1)  # at the latest, if no notification comes, as through PgBouncer
DELIVERIES = 3
SECONDS_TO_END = 3.0
WORKERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %ch_pgqueuer%'"
)
WAITING = text(
    "SELECT entrypoint FROM pgqueuer WHERE status = 'queued' AND payload IS NULL AND created < now() - interval '60 s'"
)


class Worker(QueueManager):
    """Runs a limited number of entries at once; those of work that ignores its cancellation do not count."""

    def __init__(self, queries: Queries, endless: Collection[object]) -> None:
        super().__init__(queries)
        self._endless = endless

    def fetch_jobs(
        self, batch_size: int, global_concurrency_limit: int | None, heartbeat_timeout: timedelta
    ) -> AsyncGenerator[Entry]:
        limit = (global_concurrency_limit or 0) + len(self._endless)
        return super().fetch_jobs(batch_size, limit, heartbeat_timeout)


class QueueScheduler(Scheduler):
    """Starts the jobs for all processes that share a database."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(app, find_jobs())
        self.database = get_database(app)
        self.ledger = Ledger(self.database)
        self.lease = LEASE
        self._endless: set[asyncio.Task[Any]] = set()
        self.handlers: dict[str, Handler] = {job.id: partial(self._begin, job) for job in self.jobs.values()}
        self.beside_clock: list[Callable[[], Coroutine[Any, Any, None]]] = []
        """What each worker runs too."""

    async def start(self, job: Job) -> bool:
        return await self.ledger.offer(job, None, datetime.now(UTC))

    async def states(self) -> dict[str, JobState]:
        return await self.ledger.read_all(self.jobs.keys())

    async def check(self) -> JobsHealth:
        """Return the jobs; raise `ServiceUnavailableException` if no run can be put into the queue."""
        try:
            await self.database.ping()
        except ConnectionError as error:
            raise ServiceUnavailableException("The queue of jobs does not answer") from error
        return await examine(self)

    async def processes(self) -> dict[str, bool | int | list[str]]:
        async with self.database.read_session(of_primary=True) as session:
            workers = await session.scalar(WORKERS) or 0
            waiting = sorted(await session.scalars(WAITING))
        return {"workers": workers, "jobs_without_worker": waiting}

    async def work(self, stop: asyncio.Event) -> None:
        """Run the jobs that come from the queue until `stop` is set, then finish the running ones."""
        concurrency = get_settings(self.app, QueueSettings).concurrency
        driver = WorkerDriver(self.database)
        manager = Worker(Queries(driver), self._endless)
        for name, handler in self.handlers.items():
            manager.entrypoint(name, accepts_context=False)(handler)
        running = asyncio.create_task(
            manager.run(
                dequeue_timeout=LOOK,
                batch_size=max(1, concurrency // 2),
                max_concurrent_tasks=concurrency,
                heartbeat_timeout=self.lease,
                log_aggregation_interval=timedelta(0),
            ),
            name="worker",
        )
        clock = Clock(self.ledger, self.scheduled, ServiceUnavailableException)
        beside = [asyncio.create_task(run()) for run in (clock.run, *self.beside_clock)]
        stopping = asyncio.create_task(stop.wait())
        log.info("worker started", jobs=len(self.jobs))
        try:
            await asyncio.wait([running, stopping, *beside], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(stopping, *beside)
            manager.shutdown.set()
            await self.finish(self.settings.shutdown_timeout)
            for each in self._endless:
                each.cancel()
            driver.shutdown.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(running, SECONDS_TO_END)
        for each in beside:
            if not each.cancelled():
                each.result()  # raises the error of a loop that has failed

    async def _begin(self, job: Job, entry: Entry) -> None:
        """Run a job; its entry stays until its work has ended, which can last longer than the run."""
        deliveries, state = await self._begun(job)
        if deliveries > DELIVERIES:
            log.error("a job is given up: its workers died", job=job.id, deliveries=DELIVERIES)
            return
        works: list[asyncio.Task[None]] = []
        await asyncio.wait([asyncio.create_task(self._run(job, entry, state, works), name=job.id)])
        if endless := [work for work in works if not work.done()]:
            await self._outlast(endless)

    async def _run(self, job: Job, entry: Entry, state: JobState, works: list[asyncio.Task[None]]) -> None:
        await self.run(job, state, partial(self.ledger.write, job.id), works.append)
        if all(work.done() for work in works):
            try:
                await self.ledger.end(entry.id)
            except ServiceUnavailableException as error:  # PgQueuer deletes the entry when the database is back
                log.warning("the end of a run is noted later", error=str(error))

    async def _outlast(self, works: list[asyncio.Task[None]]) -> None:
        """Keep the entry of a run that has ended until its work has, so that no other run begins."""
        entry = asyncio.current_task()
        assert entry
        self._endless.add(entry)
        entry.add_done_callback(self._endless.discard)
        await asyncio.wait(works)

    async def _begun(self, job: Job) -> tuple[int, JobState]:
        try:
            return await self.ledger.begin(job.id), await self.ledger.read(job.id)
        except ServiceUnavailableException:
            return 1, JobState()
