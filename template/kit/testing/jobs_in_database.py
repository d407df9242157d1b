"""Fixtures for tests of jobs on a queue in the database: a worker runs beside the service."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import text

from kit import sql
from kit.scheduler import Job, get_scheduler
from kit.scheduler.pgqueuer import queue_scheduler, router
from kit.scheduler.pgqueuer.queue_scheduler import QueueScheduler
from kit.scheduler.pgqueuer.settings import QueueSettings
from kit.scheduler.settings import SchedulerSettings
from kit.sql import Database
from kit.sql.settings import DatabaseSettings, FurtherDatabasesSettings
from kit.testing.service import given
from kit.testing.started_jobs import RunJobs, started_jobs


@pytest.fixture
async def queue(database: Database) -> Database:
    """Return the database of the tests with an empty queue; its other tables are empty too."""
    async with database.session() as session:
        await session.execute(text("TRUNCATE pgqueuer, pgqueuer_log"))
    return database


@pytest.fixture
def run_jobs(queue: Database, monkeypatch: pytest.MonkeyPatch) -> RunJobs:
    """Return a function that starts a service with these jobs; all services of a test share the state of the jobs."""
    del queue

    @asynccontextmanager
    async def run(*jobs: Job, shutdown_timeout: float = 10, cancel_timeout: float = 5) -> AsyncGenerator[FastAPI]:
        monkeypatch.setattr(queue_scheduler, "find_jobs", lambda: {job.id: job for job in jobs})
        limits = SchedulerSettings(shutdown_timeout=shutdown_timeout, cancel_timeout=cancel_timeout)
        settings = given(), limits, QueueSettings(concurrency=2), DatabaseSettings(), FurtherDatabasesSettings()
        both = APIRouter()
        for each in (sql.router, router):
            both.include_router(each)
        async with started_jobs(both, *settings) as app, working(app):
            yield app

    return run


@asynccontextmanager
async def working(app: FastAPI) -> AsyncGenerator[None]:
    """Run a worker."""
    scheduler = get_scheduler(app)
    assert isinstance(scheduler, QueueScheduler)
    stop = asyncio.Event()
    worker = asyncio.create_task(scheduler.work(stop))
    try:
        yield
    finally:
        stop.set()
        await worker
