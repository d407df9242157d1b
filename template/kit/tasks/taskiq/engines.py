"""Runs tasks in the workers of the queue."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from uuid import UUID

import structlog
from fastapi import FastAPI
from structlog.typing import FilteringBoundLogger

from kit.scheduler import get_scheduler
from kit.scheduler.taskiq.queue_scheduler import QueueScheduler
from kit.tasks.run import Runs
from kit.tasks.storage import NewTask, Storage
from kit.tasks.taskiq.entries import Entries
from kit.tasks.taskiq.lead import Lead
from kit.tasks.taskiq.relay import Relay

log: FilteringBoundLogger = structlog.get_logger(__name__)


class QueueEngine:
    """Puts tasks into the queue, and runs those that come from it."""

    def __init__(self, scheduler: QueueScheduler, storage: Storage, runs: Runs) -> None:
        self._scheduler = scheduler
        self._storage = storage
        self._runs = runs
        self._entries = Entries(scheduler.queue)

    async def send(self, task: NewTask, /) -> None:
        """Put a task into the queue unless that is full or away: then the relay does so later."""
        try:
            if await self._entries.room():
                await self._storage.mark_queued([task.id], datetime.now(UTC))
                await self._entries.put([(task.id, task.name)])
        except Exception as error:  # noqa: BLE001 - the task is committed
            log.warning("a task is put into the queue later", task=task.name, error=str(error))

    @asynccontextmanager
    async def started(self) -> AsyncGenerator[None]:
        """Let a worker and a scheduler in this process work for the tasks too."""
        queue = self._scheduler.queue
        for name in self._runs.tasks:
            queue.register_task(self._handler(), name)
        relay = Relay(self._storage, self._runs, self._entries, Lead(queue.redis, f"{queue.queue_name}:relay"))
        self._scheduler.beside_clock.append(relay.run)
        yield

    def _handler(self) -> Callable[[str], Awaitable[None]]:
        async def run(task_id: str) -> None:
            """Run a task that waits; an entry that is late or that comes twice finds none."""
            try:
                begun = await self._runs.begin([UUID(task_id)], wait=True)
            except Exception as error:  # noqa: BLE001 - the task stays in the database, and comes again
                log.warning("a task from the queue cannot begin", task_id=task_id, error=str(error))
                return
            for each in begun:
                await self._end(each)

        return run

    async def _end(self, run: asyncio.Task[None]) -> None:
        """Wait for a run; the stop of the process cancels both, and waits until the queue knows of the end too."""
        if task := asyncio.current_task():
            self._scheduler.track(task)
        while not run.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([run])


def engine_of(app: FastAPI, storage: Storage, runs: Runs) -> QueueEngine:
    """Return the engine of this service."""
    scheduler = get_scheduler(app)
    assert isinstance(scheduler, QueueScheduler)
    return QueueEngine(scheduler, storage, runs)
