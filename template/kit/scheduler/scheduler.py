"""What all engines have in common: the jobs, and the runs that are under way in this process."""

import asyncio
from abc import ABC, abstractmethod

from fastapi import FastAPI

from kit.scheduler.job import Job
from kit.scheduler.run import JobState, Save, run_job
from kit.scheduler.settings import SchedulerSettings
from kit.settings import Settings, get_settings


class Scheduler(ABC):
    """Starts jobs, by their timetables and by hand, one run of each at a time."""

    def __init__(self, app: FastAPI, jobs: dict[str, Job]) -> None:
        self.app = app
        self.jobs = jobs
        self.settings = get_settings(app, SchedulerSettings)
        self.running: set[asyncio.Task[object]] = set()

    @abstractmethod
    async def start(self, job: Job) -> bool:
        """Start a run of a job unless there is one already, and tell whether there was none."""

    @abstractmethod
    async def states(self) -> dict[str, JobState]:
        """Give what all processes know of the jobs that have run."""

    @abstractmethod
    async def processes(self) -> dict[str, bool | int]:
        """Say which processes run the jobs."""

    @property
    def scheduled(self) -> list[Job]:
        """The jobs that have a timetable in this environment."""
        environment = get_settings(self.app, Settings).environment
        return [job for job in self.jobs.values() if job.timetable and environment in job.environments]

    async def run(self, job: Job, state: JobState, save: Save) -> JobState:
        """Run a job in this task."""
        limit = (job.timeout or self.settings.job_timeout).total_seconds()
        task = asyncio.current_task()
        assert task
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        return await run_job(job, self.app, limit, state, save)

    async def finish(self, seconds: float) -> None:
        """Wait for the runs that are under way, and cancel those that take longer."""
        if self.running:
            await asyncio.wait(self.running, timeout=seconds)
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)


def get_scheduler(app: FastAPI) -> Scheduler:
    """Give the scheduler of a service that is running."""
    return app.state.scheduler
