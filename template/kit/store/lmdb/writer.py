"""The one thread that writes: it puts all waiting writes into one transaction, so that they share one commit."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

import lmdb

from kit.store.errors import StoreError, StoreFullError
from kit.store.lmdb.environment import Environment, Transaction

Result = TypeVar("Result")
Clock = Callable[[], int]
Change = Callable[[Transaction, int], Any]
Write = tuple[Change, "asyncio.Future[Any]"]

WRITES_AT_ONCE = 1000


class Writer:
    """Makes changes in the order in which they come; one that raises `StoreError` must do so before it writes."""

    def __init__(self, environment: Environment, clock: Clock) -> None:
        self._environment = environment
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._waiting: list[Write] = []
        self._queue = SimpleQueue[list[Write]]()
        self._closing = False
        self._thread = Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    async def write(self, change: Callable[[Transaction, int], Result]) -> Result:
        """Call `change` with the time in milliseconds; return its result once the transaction is committed."""
        if not self._waiting:
            self._loop.call_soon(self._hand_over)  # together with the other writes of this turn of the loop
        done: asyncio.Future[Result] = self._loop.create_future()
        self._waiting.append((change, done))
        return await done

    async def close(self) -> None:
        """Write what is waiting, and end the thread."""
        self._closing = True
        self._hand_over()
        await asyncio.to_thread(self._thread.join)

    def _hand_over(self) -> None:
        self._queue.put(self._waiting)
        self._waiting = []

    def _run(self) -> None:
        while not (self._closing and self._queue.empty()):
            writes = self._queue.get()
            while len(writes) < WRITES_AT_ONCE and not self._queue.empty():
                writes += self._queue.get()
            if writes:
                self._commit(writes)

    def _commit(self, writes: list[Write]) -> None:
        outcomes: list[object]
        try:
            outcomes = self._retried(lambda transaction: self._attempt(transaction, writes))
        except Exception as error:  # noqa: BLE001 - any error goes to the caller of the write
            if len(writes) > 1:  # and only to that one
                for write in writes:
                    self._commit([write])
                return
            outcomes = [_explained(error)]
        self._loop.call_soon_threadsafe(_resolve, writes, outcomes)

    def _retried(self, work: Callable[[Transaction], list[object]]) -> list[object]:
        while True:
            try:
                return self._environment.write(work)
            except lmdb.MapFullError:
                self._on_loop(self._environment.grow)
            except lmdb.MapResizedError:
                self._on_loop(self._environment.adopt)

    def _attempt(self, transaction: Transaction, writes: list[Write]) -> list[object]:
        now = self._clock()
        outcomes: list[object] = []
        for change, _ in writes:
            try:
                outcomes.append(change(transaction, now))
            except StoreError as error:
                outcomes.append(error)
        return outcomes

    def _on_loop(self, change: Callable[[], None]) -> None:
        """Remap the file on the event loop, where it is read."""
        changed = Future[None]()

        def call() -> None:
            try:
                changed.set_result(change())
            except lmdb.Error as error:
                changed.set_exception(error)

        self._loop.call_soon_threadsafe(call)
        changed.result()


def _resolve(writes: list[Write], outcomes: list[object]) -> None:
    for (_, done), outcome in zip(writes, outcomes, strict=True):
        if done.done():  # the caller was cancelled
            continue
        if isinstance(outcome, Exception):
            done.set_exception(outcome)
        else:
            done.set_result(outcome)


def _explained(error: Exception) -> Exception:
    if not isinstance(error, lmdb.Error):
        return error
    explained = StoreFullError("The store cannot be written to; is the disk of STORE_PATH full?")
    explained.__cause__ = error
    return explained
