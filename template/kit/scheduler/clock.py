"""Puts the jobs into the queue when they are due; several processes may do so, and each run is queued once."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from heapq import heapify, heapreplace
from typing import Protocol

import structlog
from structlog.typing import FilteringBoundLogger

from kit.scheduler.job import Job

log: FilteringBoundLogger = structlog.get_logger(__name__)

MAX_SLEEP = 1.0
RETRY_AFTER = timedelta(seconds=1)
EARLIEST = datetime.min.replace(tzinfo=UTC)


class Ledger(Protocol):
    """Where the slots are stored that have been queued."""

    async def offer(self, job: Job, slot: datetime | None, now: datetime) -> bool: ...


class Clock:
    """Knows which job is due next. Errors that are `expected` are logged without a traceback."""

    def __init__(self, ledger: Ledger, jobs: Iterable[Job], expected: type[Exception]) -> None:
        self._ledger = ledger
        self._expected = expected
        # Each job is checked once now, for slots that were missed while no process did this.
        self._due = [(EARLIEST, number, job) for number, job in enumerate(jobs)]
        self._looked = EARLIEST

    async def run(self) -> None:
        """Offer each job when it is due; while the queue is away, retry with the slot that is due by then."""
        while True:
            now = datetime.now(UTC)
            self._look_at(now)
            seconds = (self._due[0][0] - now).total_seconds() if self._due else MAX_SLEEP
            if seconds > 0:
                await asyncio.sleep(min(seconds, MAX_SLEEP))  # the system clock may be changed
                continue
            try:
                await self._offer_first(now)
            except Exception as error:
                unexpected = error if not isinstance(error, self._expected) else None
                log.warning("the queue of jobs does not answer", error=str(error), exc_info=unexpected)
                heapreplace(self._due, (now + RETRY_AFTER, *self._due[0][1:]))  # the other jobs may work
                await asyncio.sleep(MAX_SLEEP)

    def _look_at(self, now: datetime) -> None:
        """Check each job again if the system clock was put back: what is due next was due later."""
        if now < self._looked:
            log.warning("the system clock was put back", seconds=(self._looked - now).total_seconds())
            self._due = [(EARLIEST, number, job) for _, number, job in self._due]
            heapify(self._due)
        self._looked = now

    async def _offer_first(self, now: datetime) -> None:
        _, number, job = self._due[0]
        assert job.timetable
        slot = job.timetable.slot_at(now)
        if await self._ledger.offer(job, slot, now):
            log.debug("job is due", job=job.id, slot=slot)
        heapreplace(self._due, (job.timetable.due_after(now), number, job))
