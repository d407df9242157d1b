"""Removes what has expired, and tells those who asked to hear of it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import structlog
from structlog.typing import FilteringBoundLogger

from kit.errors import ServiceUnavailableException
from kit.store.callbacks import Callbacks
from kit.store.engine import Call, Engine
from kit.store.names import decode

PAUSE = 1.0  # seconds between two looks
SWEPT_AT_ONCE = 500
CALLS_AT_ONCE = 100
ATTEMPTS = 6
FIRST_DELAY = 1000  # milliseconds until the second attempt; each delay is twice the one before

log: FilteringBoundLogger = structlog.get_logger(__name__)


class Dispatcher:
    """Works in every process; the engine says which of them has something to do."""

    def __init__(self, engine: Engine, callbacks: Callbacks, worker_threads: int) -> None:
        self._engine = engine
        self._callbacks = callbacks
        self._threads = ThreadPoolExecutor(worker_threads, "store-callback")
        self._awake = asyncio.Event()
        self._stopped = False
        self._running: dict[asyncio.Task[None], Call] = {}

    async def run(self) -> None:
        """Work until `stop`, once callbacks had a moment to be registered; while the engine is away, wait for it."""
        await self._rest()
        while not self._stopped:
            busy = False
            try:
                await self._engine.renew(list(self._running.values()))
                busy = await self.step()
            except ServiceUnavailableException as error:
                log.warning("the store does not answer", error=error.message, cause=repr(error.__cause__))
            if not busy:
                await self._rest()

    async def step(self) -> bool:
        """Sweep, and start the callbacks that are due; tell whether there may be more to do at once."""
        if not await self._engine.lead():
            return False
        swept = await self._engine.sweep(SWEPT_AT_ONCE)
        room = CALLS_AT_ONCE - len(self._running)
        calls = await self._engine.take(room) if room else []
        for call in calls:
            task = asyncio.create_task(self._deliver(call))
            self._running[task] = call
            task.add_done_callback(self._end)
        return swept == SWEPT_AT_ONCE or len(calls) == room > 0

    async def finish(self) -> None:
        """Wait for the callbacks that run."""
        await asyncio.gather(*self._running)

    def stop(self) -> None:
        """Let `run` return."""
        self._stopped = True
        self._awake.set()

    async def close(self) -> None:
        """Wait for the callbacks that run, and end their threads."""
        await self.finish()
        self._threads.shutdown()

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._awake.wait(), PAUSE)
        self._awake.clear()

    def _end(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        if len(self._running) == CALLS_AT_ONCE // 2:  # there may be more where these came from
            self._awake.set()

    async def _deliver(self, call: Call) -> None:
        failure: Exception | None = None
        try:
            await self._callbacks.run(call, self._threads)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, others have their turn
            failure = error
        try:
            if failure:
                await self._fail(replace(call, attempts=call.attempts + 1, error=repr(failure)), failure)
            else:
                await self._engine.settle(call)
        except ServiceUnavailableException as error:  # it is due again when its lease has run out
            log.warning("the store does not answer", error=error.message, cause=repr(error.__cause__))

    async def _fail(self, call: Call, error: Exception) -> None:
        namespace, key = decode(call.name)
        again = call.attempts < ATTEMPTS
        log.error(
            "an expiry callback failed" if again else "an expiry callback failed for the last time",
            callback=call.callback,
            namespace=namespace,
            key=key,
            attempts=call.attempts,
            exc_info=error,
        )
        if again:
            await self._engine.retry(call, FIRST_DELAY * 2 ** (call.attempts - 1))
        else:
            await self._engine.bury(call)
