"""Who reads or writes a file for long says so again and again, so that nobody cleans it up meanwhile."""

import asyncio
from contextlib import suppress
from secrets import token_hex
from time import monotonic
from types import TracebackType
from typing import Self

from kit.errors import ServiceUnavailableException
from kit.temp_files.objects import Objects

LEASE = 30.0  # seconds after which somebody who did not say so is taken for dead
RENEWAL = LEASE / 3
ALIVE = ".alive"


class Lease:
    """Keeps a file while the block runs; a quick block writes nothing for that."""

    def __init__(self, objects: Objects, name: str) -> None:
        self._objects, self._name, self._key = objects, name, token_hex(8) + ALIVE
        self._renewed = monotonic()
        self._is_over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def has_lapsed(self) -> bool:
        """Whether others had reason to take this process for dead, because it stood still."""
        return monotonic() - self._renewed > LEASE

    async def __aenter__(self) -> Self:
        self._timer = asyncio.get_running_loop().call_later(RENEWAL, self._begin)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._task:
            self._is_over.set()  # not cancelled, or what it was writing could come after it is deleted
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
                await asyncio.wait_for(self._is_over.wait(), RENEWAL)
