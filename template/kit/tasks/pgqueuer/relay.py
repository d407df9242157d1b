"""Brings the tasks that are due into the queue, in order."""

import asyncio
from datetime import UTC, datetime
from time import monotonic

import structlog
from sqlalchemy import func, select
from structlog.typing import FilteringBoundLogger

from kit.errors import ServiceUnavailableException
from kit.tasks.caretaker import SECONDS_AFTER_ERROR, SECONDS_BETWEEN_CLEANINGS, Caretaker, until_next_look
from kit.tasks.pgqueuer.entries import Entries
from kit.tasks.run import Runs
from kit.tasks.storage import Storage

log: FilteringBoundLogger = structlog.get_logger(__name__)

BATCH = 100
LEAD = 7_201_534  # any number that is the same in all processes


class Relay:
    """The relay of one queue. Of several workers, the one with the lock works, so that the tasks keep their order."""

    def __init__(self, storage: Storage, runs: Runs, entries: Entries) -> None:
        self._storage = storage
        self._runs = runs
        self._entries = entries
        self._caretaker = Caretaker(storage, lambda: runs.running, entries.task_ids)
        self._cleaned_at: float | None = None

    async def run(self) -> None:
        """Relay for ever; while the database is away, try again each second."""
        while True:
            try:
                seconds = await self.look()
            except Exception as error:
                unexpected = error if not isinstance(error, ServiceUnavailableException) else None
                log.warning("tasks cannot be brought into the queue", error=str(error), exc_info=unexpected)
                self._caretaker.forget()
                seconds = SECONDS_AFTER_ERROR
            await asyncio.sleep(seconds)

    async def look(self) -> float:
        """Relay a batch unless another worker does, and return when to look again."""
        async with self._entries.transaction() as session:
            if not await session.scalar(select(func.pg_try_advisory_xact_lock(LEAD))):
                self._caretaker.forget()
                return SECONDS_AFTER_ERROR
            await self._look_after()
            names, now, started = list(self._runs.tasks), datetime.now(UTC), monotonic()
            room = await self._entries.room(session, names)
            due = await self._storage.due(names, min(room, BATCH), now) if room else ()
            if due:
                await self._entries.put(session, due, now)
                return 0
        return until_next_look(monotonic() - started)

    async def _look_after(self) -> None:
        await self._caretaker.look()
        if self._cleaned_at is None or monotonic() - self._cleaned_at > SECONDS_BETWEEN_CLEANINGS:
            self._cleaned_at = monotonic()
            await self._entries.forget_log()
