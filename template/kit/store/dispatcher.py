"""Removes expired keys and calls their callbacks."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import replace

import structlog
from structlog.contextvars import bound_contextvars
from structlog.typing import FilteringBoundLogger

from kit.errors import ServiceUnavailableException
from kit.store.callbacks import Callbacks, Caller
from kit.store.engine import DueCallback, Engine
from kit.store.names import decode

PAUSE = 1.0  # seconds between two checks
SWEPT_AT_ONCE = 500
CALLBACKS_AT_ONCE = 100
ATTEMPTS = 6  # the last one is 31 seconds after the first
LAST_SECONDS = 3.0  # for the callbacks that run when the service stops; then they are cancelled, and called again later
FIRST_DELAY = 1000  # milliseconds until the second attempt; each delay is twice the one before

log: FilteringBoundLogger = structlog.get_logger(__name__)


@contextmanager
def logged_failures() -> Generator[None]:
    """Log a failure of the store, which can pass, and go on."""
    try:
        yield
    except ServiceUnavailableException as error:
        log.warning("the store does not answer", error=error.message, cause=repr(error.__cause__))
    except Exception:
        log.exception("the store does not work")


class Dispatcher:
    """Runs in every process; the engine decides which of them has work to do."""

    def __init__(self, engine: Engine, callbacks: Callbacks, caller: Caller) -> None:
        self._engine = engine
        self._callbacks = callbacks
        self._caller = caller
        self._awake = asyncio.Event()
        self._stopped = False
        self._running: dict[asyncio.Task[None], DueCallback] = {}

    async def run(self) -> None:
        """Work until `stop`, whatever fails; pause first, so that callbacks can be registered."""
        await self._rest()
        while not self._stopped:
            busy = False
            with logged_failures():
                await self._engine.renew(list(self._running.values()))
                busy = await self.step()
            if not busy:
                await self._rest()

    async def step(self) -> bool:
        """Sweep, and start the callbacks that are due; return whether more may be waiting."""
        if not await self._engine.lead():
            return False
        swept = await self._engine.sweep(SWEPT_AT_ONCE)
        room = CALLBACKS_AT_ONCE - len(self._running)
        callbacks = await self._engine.take(room) if room else []
        for callback in callbacks:
            task = asyncio.create_task(self._deliver(callback))
            self._running[task] = callback
            task.add_done_callback(self._end)
        return swept == SWEPT_AT_ONCE or len(callbacks) == room > 0

    async def finish(self) -> None:
        """Wait for the running callbacks."""
        await asyncio.gather(*self._running)

    def stop(self) -> None:
        """Make `run` return."""
        self._stopped = True
        self._awake.set()

    async def close(self) -> None:
        """Give the running callbacks some seconds to end, and cancel those that do not."""
        if self._running:
            _, hanging = await asyncio.wait(self._running, timeout=LAST_SECONDS)
            for task in hanging:
                task.cancel()
            if hanging:
                await asyncio.wait(hanging, timeout=LAST_SECONDS)

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PAUSE):
                await self._awake.wait()
        self._awake.clear()

    def _end(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        if len(self._running) == CALLBACKS_AT_ONCE // 2:  # more may be waiting
            self._awake.set()

    async def _deliver(self, due: DueCallback) -> None:
        delay = await self._call(due)
        with logged_failures():  # it is due again when its lease expires
            if delay is None:
                await self._engine.settle(due)
            else:
                await self._engine.retry(replace(due, attempts=due.attempts + 1), delay)

    async def _call(self, due: DueCallback) -> int | None:
        """Make a callback, and return the milliseconds until the next attempt, or `None` if there is none."""
        namespace, key = decode(due.name)
        with bound_contextvars(callback=due.callback, namespace=namespace, key=key):
            if not (handler := self._callbacks.find(due.callback)):
                log.error("an expiry callback is not registered")
                return None
            try:
                await self._caller.call(handler, namespace, key)
            except Exception:  # a handler that fails must not stop the others
                attempts = due.attempts + 1
                if attempts < ATTEMPTS:
                    log.exception("an expiry callback failed", attempts=attempts)
                    return FIRST_DELAY * 2**due.attempts
                log.exception("an expiry callback failed for the last time", attempts=attempts)
        return None
