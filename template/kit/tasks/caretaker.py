"""What one process does for the tasks of all: it frees those of dead workers, and deletes what nobody needs."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import UUID

import structlog
from structlog.typing import FilteringBoundLogger

from kit.tasks.leases import BEAT, Leases
from kit.tasks.storage import State, Storage

log: FilteringBoundLogger = structlog.get_logger(__name__)

EFFECTS_KEPT = timedelta(days=7)
SECONDS_BETWEEN_CLEANINGS = 3600
PUT_BACK = timedelta(seconds=1)
SECONDS_AFTER_ERROR = 1.0
SECONDS_BETWEEN_LOOKS = 0.1
LOOKING_SHARE = 0.2  # of the time, at most, when nothing is due: the search may take long
WORKER_DIED = "the worker of the task died, or could not show that it lived"

Queued = Callable[[], Awaitable[Collection[UUID]]]


async def none_queued() -> Collection[UUID]:
    return ()


class Caretaker:
    """Looks after the tasks in a database. `queued` returns the tasks that are in the queue of the engine."""

    def __init__(self, storage: Storage, own: Callable[[], Collection[UUID]], queued: Queued = none_queued) -> None:
        self._storage = storage
        self._own = own
        self._queued = queued
        self._leases = Leases()
        self._looked_at = 0.0
        self._cleaned_at: float | None = None
        self._latest: datetime | None = None

    def forget(self) -> None:
        """Call this after an error of the database, or when another process did this meanwhile."""
        self._leases.forget()

    async def look(self) -> None:
        """Look after the tasks, if it is time to."""
        await self._heed_clock()
        if monotonic() - self._looked_at < BEAT:
            return
        self._looked_at = monotonic()
        await self._free()
        if self._cleaned_at is None or monotonic() - self._cleaned_at > SECONDS_BETWEEN_CLEANINGS:
            self._cleaned_at = monotonic()
            await self._storage.forget_effects(datetime.now(UTC) - EFFECTS_KEPT)

    async def _free(self) -> None:
        silent = self._leases.silent(await self._storage.held(), self._own())
        if any(each.state is State.QUEUED for each in silent.values()):
            queued = set(await self._queued())
            silent = {task_id: each for task_id, each in silent.items() if task_id not in queued}
        for task_id, each in silent.items():
            log.warning("a task is begun again: nobody has it any more", task_id=str(task_id), state=each.state)
        await self._storage.release(silent, WORKER_DIED)

    async def _heed_clock(self) -> None:
        now = datetime.now(UTC)
        if self._latest is None or now < self._latest - PUT_BACK:
            await self._storage.follow_clock(now)
        self._latest = now


def until_next_look(looking: float, least: float = SECONDS_BETWEEN_LOOKS) -> float:
    """Return how many seconds to wait after a search for tasks that took `looking` seconds."""
    return max(least, looking / LOOKING_SHARE)


async def pause(seconds: float, wake: asyncio.Event) -> None:
    """Wait until something is to do, for at most these seconds."""
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        pass
    wake.clear()
