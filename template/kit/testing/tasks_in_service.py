"""Fixtures for tests of tasks that run in the service."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from kit.scheduler.apscheduler import leader_scheduler
from kit.scheduler.apscheduler.settings import LeaderSettings
from kit.scheduler.settings import SchedulerSettings
from kit.settings import Environment, Settings
from kit.tasks import Task
from kit.testing.service import started
from kit.testing.started_tasks import RunTasks, replace_tasks


@pytest.fixture
def run_tasks(database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunTasks:
    """Return a function that starts a service with these tasks on the emptied database of the tests."""
    del database

    @asynccontextmanager
    async def run(*tasks: Task, shutdown_timeout: float = 10, cancel_timeout: float = 5) -> AsyncGenerator[FastAPI]:
        monkeypatch.setattr(leader_scheduler, "find_jobs", dict)
        replace_tasks(monkeypatch, *tasks)
        leader = LeaderSettings(enabled=True, directory=tmp_path / "scheduler")
        limits = SchedulerSettings(shutdown_timeout=shutdown_timeout, cancel_timeout=cancel_timeout)
        async with started(Settings(environment=Environment.DEVELOPMENT), leader, limits) as app:
            yield app

    return run
