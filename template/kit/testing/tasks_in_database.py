"""Fixtures for tests of tasks on a queue in the database: a worker runs beside the service."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI

from kit.scheduler.pgqueuer import queue_scheduler
from kit.scheduler.pgqueuer.settings import QueueSettings
from kit.scheduler.settings import SchedulerSettings
from kit.settings import Environment, Settings
from kit.sql import Database
from kit.tasks import Task
from kit.testing.service import started
from kit.testing.started_tasks import RunTasks, replace_tasks


@pytest.fixture
def run_tasks(queue: Database, monkeypatch: pytest.MonkeyPatch) -> RunTasks:
    """Return a function that starts a service with these tasks on the emptied database of the tests."""
    del queue

    @asynccontextmanager
    async def run(*tasks: Task, shutdown_timeout: float = 10, cancel_timeout: float = 5) -> AsyncGenerator[FastAPI]:
        monkeypatch.setattr(queue_scheduler, "find_jobs", dict)
        replace_tasks(monkeypatch, *tasks)
        limits = SchedulerSettings(shutdown_timeout=shutdown_timeout, cancel_timeout=cancel_timeout)
        in_service = QueueSettings(concurrency=2, with_worker=True)
        async with started(Settings(environment=Environment.DEVELOPMENT), in_service, limits) as app:
            yield app

    return run
