"""What all engines have in common: the jobs, and the runs in this process."""

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Any

from fastapi import FastAPI

from kit.scheduler.job import Job
from kit.scheduler.run import Begun, JobState, Save, run_job
from kit.scheduler.settings import SchedulerSettings
from kit.settings import Settings, get_settings

SECONDS_TO_SAVE = 1


class Scheduler(ABC):
    """Starts jobs, by timetable and by hand, with at most one run of each job at a time."""

    def __init__(self, app: FastAPI, jobs: dict[str, Job]) -> None:
        self.app = app
        self.jobs = jobs
        self.settings = get_settings(app, SchedulerSettings)
        self.running: set[asyncio.Task[object]] = set()

    @abstractmethod
    async def start(self, job: Job) -> bool:
        """Start a run of a job; return `False` if one is already waiting or running."""

    @abstractmethod
    async def states(self) -> dict[str, JobState]:
        """Return the states of the jobs that have run, in whichever process."""

    @abstractmethod
    async def processes(self) -> dict[str, bool | int | list[str]]:
        """Return which processes run the jobs, and which jobs no process can run."""

    @property
    def scheduled(self) -> list[Job]:
        """The jobs that have a timetable in this environment."""
        environment = get_settings(self.app, Settings).environment
        return [job for job in self.jobs.values() if job.timetable and environment in job.environments]

    async def run(self, job: Job, state: JobState, save: Save, begun: Begun) -> JobState:
        """Run a job in this task; call `begun` with its work, which can last longer if it ignores its cancellation."""
        limit = (job.timeout or self.settings.job_timeout).total_seconds()
        task = asyncio.current_task()
        assert task
        self.track(task)
        return await run_job(job, self.app, limit, state, save, patience=self.settings.cancel_timeout, begun=begun)

    def track(self, task: asyncio.Task[Any]) -> None:
        """Let the stop of the service wait for a run."""
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def finish(self, seconds: float) -> None:
        """Wait for the running jobs, and cancel those that take longer than `seconds`."""
        await self._wait(seconds)
        for task in self.running:
            task.cancel()
        await self._wait(self.settings.cancel_timeout + SECONDS_TO_SAVE)

    async def _wait(self, seconds: float) -> None:
        """Wait for the runs, and for those that begin meanwhile."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.running:
                    await asyncio.wait(self.running)


def get_scheduler(app: FastAPI) -> Scheduler:
    """Return the scheduler of a running service."""
    return app.state.scheduler
