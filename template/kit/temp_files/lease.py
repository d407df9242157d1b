"""A lease on a file: a long read or write renews it regularly, so that the cleaner leaves the file alone."""

import asyncio
from contextlib import suppress
from secrets import token_hex
from time import monotonic
from types import TracebackType
from typing import Self

from kit.errors import ServiceUnavailableException
from kit.temp_files.objects import Objects

LEASE = 30.0  # seconds without a renewal after which a process counts as dead
RENEWAL = LEASE / 3
ALIVE = ".alive"


class Lease:
    """Protects a file while the block runs; a short block writes nothing."""

    def __init__(self, objects: Objects, name: str) -> None:
        self._objects, self._name, self._key = objects, name, token_hex(8) + ALIVE
        self._renewed = monotonic()
        self._is_over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def has_lapsed(self) -> bool:
        """Whether this process paused for so long that others may count it as dead."""
        return monotonic() - self._renewed > LEASE

    async def __aenter__(self) -> Self:
        self._timer = asyncio.get_running_loop().call_later(RENEWAL, self._begin)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._task:
            self._is_over.set()  # not cancelled: a write that is still pending could come after the deletion
            await self._task
            with suppress(ServiceUnavailableException):
                await self._objects.delete(self._name, [self._key])

    def _begin(self) -> None:
        self._task = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        while not self._is_over.is_set() and not self.has_lapsed:
            with suppress(ServiceUnavailableException):
                await self._objects.put(self._name, self._key, b"")
                self._renewed = monotonic()
            with suppress(TimeoutError):
                async with asyncio.timeout(RENEWAL):
                    await self._is_over.wait()
