"""Brings the tasks that are due from the database into the queue, in order."""

import asyncio
from datetime import UTC, datetime
from time import monotonic

import structlog
from redis.exceptions import RedisError
from structlog.typing import FilteringBoundLogger

from kit.errors import ServiceUnavailableException
from kit.scheduler.taskiq.queue import heed_cancellation
from kit.tasks.caretaker import SECONDS_AFTER_ERROR, Caretaker, until_next_look
from kit.tasks.run import Runs
from kit.tasks.storage import Storage
from kit.tasks.taskiq.entries import Entries
from kit.tasks.taskiq.lead import Lead

log: FilteringBoundLogger = structlog.get_logger(__name__)

BATCH = 100


class Relay:
    """The relay of one queue. Of several schedulers, the one with the lead works."""

    def __init__(self, storage: Storage, runs: Runs, entries: Entries, lead: Lead) -> None:
        self._storage = storage
        self._runs = runs
        self._entries = entries
        self.lead = lead
        self._caretaker = Caretaker(storage, lambda: runs.running, entries.task_ids)

    async def run(self) -> None:
        """Relay for ever; while the database or Redis is away, try again each second."""
        while True:
            heed_cancellation()
            step = asyncio.ensure_future(self._step())
            try:
                seconds = await asyncio.shield(step)
            except asyncio.CancelledError:
                await asyncio.wait([step])  # a command that is cancelled may leave its connection open
                raise
            except Exception as error:
                unexpected = error if not isinstance(error, RedisError | ServiceUnavailableException) else None
                log.warning("tasks cannot be brought into the queue", error=str(error), exc_info=unexpected)
                self._caretaker.forget()
                seconds = SECONDS_AFTER_ERROR
            await asyncio.sleep(seconds)

    async def _step(self) -> float:
        return await self.look() if await self.lead.try_acquire() else self._wait_for_lead()

    def _wait_for_lead(self) -> float:
        self._caretaker.forget()
        return SECONDS_AFTER_ERROR

    async def look(self) -> float:
        """Relay a batch, and return when to look again."""
        await self._caretaker.look()
        room, now, started = await self._entries.room(), datetime.now(UTC), monotonic()
        due = await self._storage.due(list(self._runs.tasks), min(room, BATCH), now) if room else ()
        if not due:
            return until_next_look(monotonic() - started)
        # If this process dies in between, the caretaker finds tasks that have no entry.
        await self._storage.mark_queued([task_id for task_id, _ in due], now)
        await self._entries.put(due)
        return 0
