"""The total size of all files, known without looking at them, and never above its limit."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from pydantic import BaseModel
from structlog.typing import FilteringBoundLogger

from kit.temp_files.errors import TotalSizeError
from kit.temp_files.ledger import Ledger
from kit.temp_files.settings import MEGABYTE

REMEMBERED = 100  # the files that were deleted last
STEP = 16 * MEGABYTE  # bytes to reserve at once for a file whose size is not known yet

log: FilteringBoundLogger = structlog.get_logger(__name__)


class Usage(BaseModel):
    """The size of what is stored and, by file, of what is reserved for running writes, in bytes."""

    stored: int = 0
    reserved: dict[str, int] = {}
    forgotten: list[str] = []
    changes: int = 0

    @property
    def total(self) -> int:
        return self.stored + sum(self.reserved.values())


class Reservation:
    """The space that is reserved for one file; it grows with the file."""

    def __init__(self, usage: "TotalUsage", key: str) -> None:
        self._usage, self._key, self._reserved = usage, key, 0
        self.size = 0

    async def grow(self, size: int, *, is_all: bool = False) -> None:
        """Reserve space for `size` bytes in total; raise `TotalSizeError` if there is not enough."""
        self.size = size
        if size > self._reserved and self._usage.limit:
            wanted = size if is_all else -(-size // STEP) * STEP
            self._reserved = await self._usage.reserve(self._key, size, wanted)


class TotalUsage:
    """Counts in a ledger that all processes share; without a limit, it does nothing."""

    def __init__(self, limit: int, ledger: Ledger, count: Callable[[], Awaitable[int]]) -> None:
        self.limit = limit
        self._ledger = ledger
        self._count = count
        self._turn = asyncio.Lock()
        self._is_known = False

    @asynccontextmanager
    async def reservation(self, key: str) -> AsyncGenerator[Reservation]:
        """Yield space for a file, which is counted at the end of the block and given back if the block fails."""
        reservation = Reservation(self, key)
        try:
            yield reservation
            await self._settle(key, reservation.size)
        except BaseException:
            await asyncio.shield(self._settle(key, 0))
            raise

    async def reserve(self, key: str, needed: int, wanted: int) -> int:
        """Reserve `wanted` bytes, or what is left if that is at least `needed`; return how many."""
        granted = 0

        def take(usage: Usage) -> None:
            nonlocal granted
            usage.reserved.pop(key, None)
            granted = min(wanted, self.limit - usage.total)
            if granted < needed:
                megabytes = self.limit // MEGABYTE
                log.error("temporary files are too large together", name=key, limit=self.limit)
                raise TotalSizeError(
                    f"All temporary files together may have at most {megabytes} MB, and this one would exceed that"
                )
            usage.reserved[key] = granted

        await self._change(take)
        return granted

    async def forget(self, content_id: str, size: int) -> None:
        """Give back the space of a deleted file, only once even if several processes delete it at the same time."""

        def give_back(usage: Usage) -> None:
            if content_id not in usage.forgotten:
                usage.stored = max(0, usage.stored - size)
                usage.forgotten = [*usage.forgotten[-REMEMBERED:], content_id]

        if self.limit:
            await self._change(give_back)

    async def changes(self) -> int:
        """Return the number of changes so far; without a limit, delete what was counted under one."""
        text = await self._ledger.read()
        if text and not self.limit:
            await self._ledger.remove()
        return Usage.model_validate_json(text).changes if text and self.limit else 0

    async def correct(self, stored: int, writing: set[str], changes: int) -> None:
        """Take over a new count if nothing has changed since, and drop the reservations of dead processes."""

        def take_over(usage: Usage) -> None:
            if usage.changes == changes:
                usage.reserved = {key: size for key, size in usage.reserved.items() if key in writing}
                usage.stored = stored if not usage.reserved else usage.stored

        if self.limit:
            await self._change(take_over)

    async def _settle(self, key: str, size: int) -> None:
        def settle(usage: Usage) -> None:
            usage.reserved.pop(key, None)
            usage.stored += size

        if self.limit:
            await self._change(settle)

    async def _change(self, change: Callable[[Usage], None]) -> None:
        def change_text(text: bytes | None) -> bytes:
            usage = Usage.model_validate_json(text) if text else Usage(stored=counted)
            change(usage)
            usage.changes += 1
            return usage.model_dump_json().encode()

        async with self._turn:
            counted = 0 if self._is_known or await self._ledger.read() else await self._count()
            await self._ledger.change(change_text)
            self._is_known = True
