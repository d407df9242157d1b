"""Deletes expired files and what killed processes have left; one process at a time does this."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from time import monotonic

import structlog
from structlog.typing import FilteringBoundLogger

from kit.process_lock import Lead
from kit.temp_files import lease
from kit.temp_files.objects import CONTENT, MARKER, Group
from kit.temp_files.temp_files import TempFileService

PAUSE = 600.0  # seconds between two sweeps
LOOK = 1.0  # seconds between two attempts to take the lock

log: FilteringBoundLogger = structlog.get_logger(__name__)


class Cleaner:
    """Works in the process that holds a lock; several machines may have one each, which does no harm."""

    def __init__(self, files: TempFileService, lead: Lead) -> None:
        self._files = files
        self._lead = lead
        self._was_stuck = False

    async def run(self) -> None:
        """Sweep once this process has the lock, again once the leases of killed processes expire, then regularly."""
        pauses = iter([lease.LEASE + 1])
        due = 0.0
        while True:
            try:
                if not self._lead.try_acquire():
                    self._watch()
                elif monotonic() >= due:
                    due = monotonic() + next(pauses, PAUSE)
                    await self._sweep_and_log()
            except Exception as error:  # noqa: BLE001 - it may pass, and the next sweep tries again
                log.warning("temporary files were not cleaned up", error=repr(error))
            await asyncio.sleep(LOOK)

    async def sweep(self, now: datetime | None = None) -> int:
        """Look at every file, one after the other, and return how many were deleted."""
        changes = await self._files.usage.changes()
        now = now or await self._files.objects.now()
        stored, deleted, busy = 0, 0, set[str]()
        async for group in self._files.objects.groups():
            self._lead.show()
            if _is_busy(group, now):
                busy.add(group.name)
            elif leftovers := self._leftovers(group, now):
                await self._delete(group, leftovers)
                deleted += MARKER in leftovers
            elif not group.parts:
                await self._files.objects.delete(group.name, [])  # only the folder, if it is still empty
            stored += sum(each.size for each in group.contents)
        await self._files.usage.correct(stored, busy, changes)
        return deleted

    def stop(self) -> None:
        """Release the lock, so that another process can take over."""
        self._lead.release()

    def _watch(self) -> None:
        """Log once that the process that cleans up is stuck."""
        if self._lead.is_stuck and not self._was_stuck:
            log.warning("the process that cleans up temporary files is stuck", seconds=round(self._lead.silence))
        self._was_stuck = self._lead.is_stuck

    async def _sweep_and_log(self) -> None:
        if deleted := await self.sweep():
            log.info("temporary files were cleaned up", deleted=deleted)

    def _leftovers(self, group: Group, now: datetime) -> list[str]:
        """Return the keys to delete: those that no file needs, and all keys of an expired file."""
        kept_for = timedelta(seconds=lease.LEASE)  # for readers that began before it expired
        if not group.is_complete or self._files.has_expired(group, now - kept_for):
            return group.keys
        return [key for key in group.keys if key != MARKER and not CONTENT.fullmatch(key)]

    async def _delete(self, group: Group, keys: Iterable[str]) -> None:
        await self._files.objects.delete(group.name, keys)
        for content in group.contents if group.is_complete else ():  # only complete files were counted
            if content.key in keys:
                await self._files.usage.forget(content.key, content.size)


def _is_busy(group: Group, now: datetime) -> bool:
    """Return whether anything below this name changed so recently that it may still be in use."""
    return any(now - each.modified < timedelta(seconds=lease.LEASE) for each in group.parts)
