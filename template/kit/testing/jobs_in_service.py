"""Jobs of the tests, run by the service; where no test asks for it, the service leaves its own jobs alone."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI

from kit.scheduler import Job
from kit.scheduler.apscheduler import leader_scheduler, router
from kit.scheduler.apscheduler.settings import LeaderSettings
from kit.scheduler.settings import SchedulerSettings
from kit.tests.scheduler.trials import RunJobs, started_jobs
from kit.tests.trial import given


@pytest.fixture(scope="session", autouse=True)
def no_jobs() -> Generator[None]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SCHEDULER_ENABLED", "false")
        yield


@pytest.fixture
def run_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunJobs:
    """Start a service with these jobs, which share what they know with those before."""

    @asynccontextmanager
    async def run(*jobs: Job, shutdown_timeout: float = 10) -> AsyncGenerator[FastAPI]:
        monkeypatch.setattr(leader_scheduler, "find_jobs", lambda: {job.id: job for job in jobs})
        leader = LeaderSettings(enabled=True, directory=tmp_path / "scheduler")
        async with started_jobs(router, given(), SchedulerSettings(shutdown_timeout=shutdown_timeout), leader) as app:
            yield app

    return run
