"""Puts the jobs into the queue when they are due; several processes may do so, and each run is queued once."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from heapq import heapify, heapreplace

import structlog
from redis.exceptions import RedisError
from structlog.typing import FilteringBoundLogger

from kit.scheduler.job import Job
from kit.scheduler.taskiq.ledger import Ledger
from kit.scheduler.taskiq.queue import heed_cancellation

log: FilteringBoundLogger = structlog.get_logger(__name__)

LONGEST_SLEEP = 1.0


class Clock:
    """Knows which job is due next."""

    def __init__(self, ledger: Ledger, jobs: Iterable[Job]) -> None:
        self._ledger = ledger
        # Each job is checked once now, for slots that were missed while there was no scheduler.
        self._due = [(datetime.min.replace(tzinfo=UTC), number, job) for number, job in enumerate(jobs)]
        heapify(self._due)

    async def run(self) -> None:
        """Offer each job when it is due; while the queue is away, retry with the slot that is due by then."""
        while True:
            heed_cancellation()
            now = datetime.now(UTC)
            seconds = (self._due[0][0] - now).total_seconds() if self._due else LONGEST_SLEEP
            if seconds > 0:
                await asyncio.sleep(min(seconds, LONGEST_SLEEP))  # the system clock may be changed
                continue
            try:
                await self._offer_first(now)
            except RedisError as error:
                log.warning("the queue of jobs does not answer", error=str(error))
                await asyncio.sleep(LONGEST_SLEEP)

    async def _offer_first(self, now: datetime) -> None:
        _, number, job = self._due[0]
        assert job.timetable
        slot = job.timetable.slot_at(now)
        if await self._ledger.offer(job, slot, now):
            log.debug("job is due", job=job.id, slot=slot)
        heapreplace(self._due, (job.timetable.due_after(now), number, job))
