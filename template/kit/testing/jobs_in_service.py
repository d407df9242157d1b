"""Fixtures for tests of jobs that run in the service; the service's own jobs do not run in tests."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI

from kit.scheduler import Job
from kit.scheduler.apscheduler import leader_scheduler, router
from kit.scheduler.apscheduler.settings import LeaderSettings
from kit.scheduler.settings import SchedulerSettings
from kit.testing.service import given
from kit.testing.started_jobs import RunJobs, started_jobs


@pytest.fixture(scope="session", autouse=True)
def no_jobs() -> Generator[None]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SCHEDULER_ENABLED", "false")
        yield


@pytest.fixture
def run_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunJobs:
    """Return a function that starts a service with these jobs; all services of a test share the state of the jobs."""

    @asynccontextmanager
    async def run(*jobs: Job, shutdown_timeout: float = 10, cancel_timeout: float = 5) -> AsyncGenerator[FastAPI]:
        monkeypatch.setattr(leader_scheduler, "find_jobs", lambda: {job.id: job for job in jobs})
        leader = LeaderSettings(enabled=True, directory=tmp_path / "scheduler")
        limits = SchedulerSettings(shutdown_timeout=shutdown_timeout, cancel_timeout=cancel_timeout)
        async with started_jobs(router, given(), limits, leader) as app:
            yield app

    return run
