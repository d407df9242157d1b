"""Runs tasks in the workers of the queue."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

import structlog
from fastapi import FastAPI
from pgqueuer.models import Job as Entry
from structlog.typing import FilteringBoundLogger

from kit.health import get_health
from kit.scheduler import get_scheduler
from kit.scheduler.pgqueuer.queue_scheduler import QueueScheduler
from kit.scheduler.pgqueuer.settings import QueueSettings
from kit.settings import get_settings
from kit.tasks.pgqueuer.entries import Entries
from kit.tasks.pgqueuer.relay import Relay
from kit.tasks.run import Runs
from kit.tasks.storage import NewTask, Storage

log: FilteringBoundLogger = structlog.get_logger(__name__)


class QueueEngine:
    """Puts tasks into the queue, and runs those that come from it."""

    def __init__(self, scheduler: QueueScheduler, storage: Storage, runs: Runs) -> None:
        self._scheduler = scheduler
        self._storage = storage
        self._runs = runs
        self._entries = Entries(scheduler.database)

    async def send(self, task: NewTask, /) -> None:
        """Put a task into the queue unless that is full: then the relay does so later."""
        try:
            await self._entries.put_one(task)
        except Exception as error:  # noqa: BLE001 - the task is committed
            log.warning("a task is put into the queue later", task=task.name, error=str(error))

    @asynccontextmanager
    async def started(self) -> AsyncGenerator[None]:
        """Let a worker work for the tasks too, and be one if the settings say so."""
        scheduler = self._scheduler
        scheduler.handlers |= dict.fromkeys(self._runs.tasks, self._run)
        scheduler.beside_clock.append(Relay(self._storage, self._runs, self._entries).run)
        if not get_settings(scheduler.app, QueueSettings).with_worker:
            yield
            return
        stop = asyncio.Event()
        working = asyncio.create_task(scheduler.work(stop), name="worker")
        get_health(scheduler.app).watch(working)
        try:
            yield
        finally:
            stop.set()
            await working

    async def _run(self, entry: Entry) -> None:
        """Run a task that waits; an entry that is late or that comes twice finds none."""
        assert entry.payload
        task_id = UUID(bytes=entry.payload)
        try:
            begun = await self._runs.begin([task_id], wait=True)
        except Exception as error:  # noqa: BLE001 - the task stays in the database, and comes again
            log.warning("a task from the queue cannot begin", task_id=str(task_id), error=str(error))
            return
        if begun:
            await asyncio.wait(begun)


def engine_of(app: FastAPI, storage: Storage, runs: Runs) -> QueueEngine:
    """Return the engine of this service."""
    scheduler = get_scheduler(app)
    assert isinstance(scheduler, QueueScheduler)
    return QueueEngine(scheduler, storage, runs)
