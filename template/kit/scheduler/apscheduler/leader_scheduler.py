"""Starts the jobs in one process, the leader; when it dies, another takes over."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import (  # pyright: ignore[reportMissingTypeStubs] - it has none
    AsyncIOScheduler,
)
from apscheduler.triggers.base import BaseTrigger  # pyright: ignore[reportMissingTypeStubs] - it has none
from fastapi import FastAPI
from structlog.typing import FilteringBoundLogger

from kit.errors import ServiceUnavailableException
from kit.process_lock import Lead
from kit.scheduler.apscheduler.files import StateFiles
from kit.scheduler.apscheduler.settings import LeaderSettings
from kit.scheduler.health import JobsHealth, examine
from kit.scheduler.job import Job
from kit.scheduler.registry import find_jobs
from kit.scheduler.run import JobState, clock_error
from kit.scheduler.scheduler import Scheduler
from kit.scheduler.timetable import Timetable
from kit.settings import get_settings

log: FilteringBoundLogger = structlog.get_logger(__name__)

SECONDS_BETWEEN_LOOKS = 1


class Slots(BaseTrigger):
    """The timetable of a job as a trigger of APScheduler; all missed slots together become one run."""

    def __init__(self, timetable: Timetable) -> None:
        self._timetable = timetable

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> Any:
        del previous_fire_time
        return self._timetable.due_after(now)


def register_jobs(scheduler: Any, jobs: Iterable[Job], begin: Callable[[Job], Awaitable[None]]) -> None:
    """Call `begin` with each job when it is due, and once now, for slots that were missed without a leader."""
    for job in jobs:
        assert job.timetable
        trigger = Slots(job.timetable)
        scheduler.add_job(
            begin, trigger, [job], id=job.id, next_run_time=datetime.now(UTC), misfire_grace_time=None, coalesce=True
        )


class LeaderScheduler(Scheduler):
    """Starts the jobs in one of the processes that share a folder."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(app, find_jobs())
        folder = get_settings(app, LeaderSettings).directory
        self._files = StateFiles(folder / "jobs")
        self._lead = Lead(folder / "leader.lock")
        self._apscheduler: Any = AsyncIOScheduler(timezone=UTC)
        self._disk = ThreadPoolExecutor(1)  # not the one of the loop, which jobs can fill
        self._known: set[str] = set()
        self._looked = datetime.now(UTC)

    @property
    def leads(self) -> bool:
        """Whether this process starts the jobs."""
        return self._lead.is_held

    async def lead(self) -> None:
        """Wait until no other process leads, then start each job when it is due."""
        while True:
            try:
                if self._lead.try_acquire():
                    self._look(datetime.now(UTC))
            except OSError as error:  # as from a full disk; this process goes on when it has passed
                log.warning("cannot take or show the lead of the jobs", error=str(error))
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    async def check(self) -> JobsHealth:
        """Return the jobs; raise `ServiceUnavailableException` if the process that starts them is stuck."""
        if self._lead.is_stuck:
            seconds = round(self._lead.silence)
            raise ServiceUnavailableException(f"The process that starts the jobs has been stuck for {seconds} s")
        return await examine(self)

    async def start(self, job: Job) -> bool:
        try:
            return self._try_to_run(job)
        except OSError as error:
            raise ServiceUnavailableException("The run cannot be started") from error

    async def states(self) -> dict[str, JobState]:
        return await self._on_disk(self._files.read_all, list(self.jobs))

    async def processes(self) -> dict[str, bool | int | list[str]]:
        return {"leader": self.leads}

    async def stop(self) -> None:
        """Let another process lead, and finish the running jobs."""
        if self._apscheduler.running:
            self._apscheduler.shutdown(wait=False)
            await asyncio.sleep(0)  # it shuts down in the next turn of the event loop
        self._lead.release()
        await self.finish(self.settings.shutdown_timeout)
        self._disk.shutdown(wait=False)

    def _look(self, now: datetime) -> None:
        if self._apscheduler.running:
            if now < self._looked:
                self._check_again(now)
            self._apscheduler.wakeup()  # its timer does not notice when the system clock is changed
        else:
            register_jobs(self._apscheduler, self.scheduled, self._begin)
            self._apscheduler.start()
            log.info("this process leads the jobs", jobs=len(self.scheduled))
        self._looked = now

    def _check_again(self, now: datetime) -> None:
        """Check each job again because the system clock was put back: what is due next was due later."""
        log.warning("the system clock was put back", seconds=(self._looked - now).total_seconds())
        for each in self._apscheduler.get_jobs():
            each.modify(next_run_time=now)

    async def _begin(self, job: Job) -> None:
        """Run a job for the slot that was due last, unless a former leader has done so."""
        assert job.timetable
        now = datetime.now(UTC)
        slot, state = job.timetable.slot_at(now), self._files.read(job.id)
        is_new = state.slot is None and job.id not in self._known
        self._known.add(job.id)
        if is_new and not job.timetable.at_once:
            await self._save(job, state.model_copy(update={"slot": slot}))
        elif state.lacks(slot, now, clock_error(job.timetable, now)) and not self._try_to_run(job, slot):
            log.warning("job is still running", job=job.id)

    async def _save(self, job: Job, state: JobState) -> None:
        await self._on_disk(self._files.write, job.id, state)

    async def _on_disk(self, function: Callable[..., Any], *arguments: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._disk, function, *arguments)

    def _try_to_run(self, job: Job, slot: datetime | None = None) -> bool:
        """Start a run, for this slot if given; return `False` if the job is already running."""
        lock = self._files.lock(job.id)
        if not lock.try_acquire():
            return False
        state = self._files.read(job.id)
        state.slot = slot or state.slot
        parts: list[asyncio.Task[Any]] = []

        def release(_part: object) -> None:
            if all(part.done() for part in parts):
                lock.release()

        def begun(part: asyncio.Task[Any]) -> None:
            parts.append(part)
            part.add_done_callback(release)

        task = asyncio.create_task(self.run(job, state, partial(self._save, job), begun), name=job.id)
        self.running.add(task)
        begun(task)
        return True
