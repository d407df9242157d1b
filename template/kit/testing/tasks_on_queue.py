"""Fixtures for tests of tasks on a queue: a worker and a scheduler run beside the service."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI

from kit.scheduler.settings import SchedulerSettings
from kit.scheduler.taskiq import queue_scheduler
from kit.scheduler.taskiq.settings import QueueSettings
from kit.settings import Environment, Settings
from kit.tasks import Task
from kit.testing.jobs_on_queue import working
from kit.testing.service import started
from kit.testing.started_tasks import RunTasks, replace_tasks


@pytest.fixture
def run_tasks(database: Any, queue_name: str, monkeypatch: pytest.MonkeyPatch) -> RunTasks:
    """Return a function that starts a service with these tasks on the emptied database of the tests."""
    del database

    @asynccontextmanager
    async def run(*tasks: Task, shutdown_timeout: float = 10, cancel_timeout: float = 5) -> AsyncGenerator[FastAPI]:
        monkeypatch.setattr(queue_scheduler, "find_jobs", dict)
        replace_tasks(monkeypatch, *tasks)
        limits = SchedulerSettings(shutdown_timeout=shutdown_timeout, cancel_timeout=cancel_timeout)
        settings = Settings(environment=Environment.DEVELOPMENT, app_name=queue_name), QueueSettings(concurrency=2)
        async with started(*settings, limits) as app, working(app):
            yield app

    return run
