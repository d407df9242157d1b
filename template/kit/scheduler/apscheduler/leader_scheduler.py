"""Starts the jobs in one process, the leader; when it dies, another takes over."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import (  # pyright: ignore[reportMissingTypeStubs] - it has none
    AsyncIOScheduler,
)
from apscheduler.triggers.base import BaseTrigger  # pyright: ignore[reportMissingTypeStubs] - it has none
from fastapi import FastAPI
from structlog.typing import FilteringBoundLogger

from kit.process_lock import ProcessLock
from kit.scheduler.apscheduler.files import StateFiles
from kit.scheduler.apscheduler.settings import LeaderSettings
from kit.scheduler.job import Job
from kit.scheduler.registry import find_jobs
from kit.scheduler.run import JobState
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
        self._lead = ProcessLock(folder / "leader.lock")
        self._apscheduler: Any = AsyncIOScheduler(timezone=UTC)

    async def lead(self) -> None:
        """Wait until no other process leads, then start each job when it is due."""
        while True:
            if self._lead.try_acquire():
                self._look()
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    async def start(self, job: Job) -> bool:
        return self._try_to_run(job)

    async def states(self) -> dict[str, JobState]:
        return await asyncio.to_thread(self._files.read_all)

    async def processes(self) -> dict[str, bool | int]:
        return {"leader": self._lead.is_held}

    async def stop(self) -> None:
        """Let another process lead, and finish the running jobs."""
        if self._apscheduler.running:
            self._apscheduler.shutdown(wait=False)
            await asyncio.sleep(0)  # it shuts down in the next turn of the event loop
        self._lead.release()
        await self.finish(self.settings.shutdown_timeout)

    def _look(self) -> None:
        if self._apscheduler.running:
            self._apscheduler.wakeup()  # its timer does not notice when the system clock is changed
        else:
            register_jobs(self._apscheduler, self.scheduled, self._begin)
            self._apscheduler.start()
            log.info("this process leads the jobs", jobs=len(self.scheduled))

    async def _begin(self, job: Job) -> None:
        """Run a job for the slot that was due last, unless a former leader has done so."""
        assert job.timetable
        now = datetime.now(UTC)
        slot, state = job.timetable.slot_at(now), self._files.read(job.id)
        if state.slot is None and not job.timetable.at_once:
            self._files.write(job.id, state.model_copy(update={"slot": slot}))
        elif state.lacks(slot, now) and not self._try_to_run(job, slot):
            log.warning("job is still running", job=job.id)

    def _try_to_run(self, job: Job, slot: datetime | None = None) -> bool:
        """Start a run, for this slot if given; return `False` if the job is already running."""
        lock = self._files.lock(job.id)
        if not lock.try_acquire():
            return False
        state = self._files.read(job.id)

        async def save(state: JobState) -> None:
            self._files.write(job.id, state)

        state.slot = slot or state.slot
        task = asyncio.create_task(self.run(job, state, save), name=job.id)
        self.running.add(task)
        task.add_done_callback(lambda _: lock.release())
        return True
