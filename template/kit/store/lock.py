"""A lock of a namespace, held by one task of all processes at a time."""

import asyncio
from types import TracebackType
from typing import Self

import structlog
from structlog.typing import FilteringBoundLogger

from kit.errors import ServiceUnavailableException
from kit.store.engine import Latch
from kit.store.errors import LockLostError, LockTimeoutError

log: FilteringBoundLogger = structlog.get_logger(__name__)

MIN_PAUSE, MAX_PAUSE = 0.005, 0.1  # seconds between two attempts


class Turn(asyncio.Lock):
    """The tasks of this process that want a lock, in the order in which they came."""

    holder: asyncio.Task[object] | None = None


class NamespaceLock:
    """Within a process the lock is fair; between processes, the first to try when it is free gets it."""

    def __init__(self, namespace: str, turn: Turn, latch: Latch, timeout: float | None) -> None:
        self._namespace = namespace
        self._turn = turn
        self._latch = latch
        self._timeout = timeout
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        if self._turn.holder is task:
            raise RuntimeError(f"This task already holds the lock of '{self._namespace}'")
        try:
            async with asyncio.timeout(self._timeout):
                await self._acquire()
        except TimeoutError:
            raise LockTimeoutError(f"The lock of '{self._namespace}' was not free within {self._timeout:g} s") from None
        self._turn.holder = task
        self._keeper = asyncio.create_task(self._keep())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        keeper, task = self._keeper, self._turn.holder
        assert keeper
        assert task
        lost = keeper.done()
        keeper.cancel()
        self._turn.holder = None
        await self._release()
        if lost and task.uncancel() == 0 and kind in {None, asyncio.CancelledError}:
            raise LockLostError(f"The lock of '{self._namespace}' was lost, so its block was cancelled") from error

    async def _acquire(self) -> None:
        await self._turn.acquire()
        pause = MIN_PAUSE
        try:
            while not await self._latch.try_acquire():
                await asyncio.sleep(pause)
                pause = min(pause * 2, MAX_PAUSE)
        except BaseException:
            await self._release()  # it may be ours although no answer came
            raise

    async def _release(self) -> None:
        try:
            await self._latch.release()
        except ServiceUnavailableException as error:  # it becomes free by itself
            log.warning("a lock is not released", namespace=self._namespace, cause=repr(error.__cause__))
        finally:
            self._turn.release()

    async def _keep(self) -> None:
        try:
            await self._latch.keep()
        except Exception:  # whatever it is, nobody keeps the lock any more
            log.exception("a lock cannot be kept", namespace=self._namespace)
        assert self._turn.holder
        self._turn.holder.cancel()
