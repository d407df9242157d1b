"""Runs tasks in the process that leads the jobs."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import monotonic

import structlog
from fastapi import FastAPI
from structlog.typing import FilteringBoundLogger

from kit.background import end
from kit.errors import ServiceUnavailableException
from kit.health import get_health
from kit.scheduler import get_scheduler
from kit.scheduler.apscheduler.leader_scheduler import LeaderScheduler
from kit.settings import get_settings
from kit.tasks.apscheduler.settings import TaskSettings
from kit.tasks.caretaker import SECONDS_AFTER_ERROR, Caretaker, pause, until_next_look
from kit.tasks.run import Runs
from kit.tasks.storage import NewTask, Storage

log: FilteringBoundLogger = structlog.get_logger(__name__)

SECONDS_BETWEEN_LOOKS = 0.2


class LeaderEngine:
    """Begins the tasks that are due, as many as may run at once."""

    def __init__(self, app: FastAPI, storage: Storage, runs: Runs) -> None:
        self._app = app
        self._storage = storage
        self._runs = runs
        self._concurrency = get_settings(app, TaskSettings).concurrency
        self._caretaker = Caretaker(storage, lambda: runs.running)
        self._wake = asyncio.Event()

    async def send(self, _task: NewTask, /) -> None:
        self._wake.set()

    @asynccontextmanager
    async def started(self) -> AsyncGenerator[None]:
        working = asyncio.create_task(self._work(), name="tasks")
        get_health(self._app).watch(working)
        try:
            yield
        finally:
            await end(working)

    async def _work(self) -> None:
        scheduler = get_scheduler(self._app)
        assert isinstance(scheduler, LeaderScheduler)
        while True:
            if not scheduler.leads:
                self._caretaker.forget()
                await asyncio.sleep(SECONDS_AFTER_ERROR)
                continue
            try:
                seconds = await self._begin()
            except Exception as error:
                unexpected = error if not isinstance(error, ServiceUnavailableException) else None
                log.warning("the tasks in the database cannot be read", error=str(error), exc_info=unexpected)
                self._caretaker.forget()
                seconds = SECONDS_AFTER_ERROR
            await pause(seconds, self._wake)

    async def _begin(self) -> float:
        """Begin what is due, and return when to look again, at the latest."""
        await self._caretaker.look()
        if not (free := self._concurrency - len(self._runs.running)):
            return SECONDS_AFTER_ERROR  # a run that ends wakes this
        started = monotonic()
        due = await self._storage.due(list(self._runs.tasks), free, datetime.now(UTC))
        looking = monotonic() - started
        for run in await self._runs.begin([task_id for task_id, _ in due]) if due else ():
            run.add_done_callback(lambda _: self._wake.set())
        return until_next_look(looking, SECONDS_BETWEEN_LOOKS)


def engine_of(app: FastAPI, storage: Storage, runs: Runs) -> LeaderEngine:
    """Return the engine of this service."""
    return LeaderEngine(app, storage, runs)
