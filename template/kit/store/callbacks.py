"""The expiry callbacks, by name."""

import asyncio
import inspect
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from threading import Thread
from typing import Any

Handler = Callable[[str, str], Any]


class Callbacks:
    """The handlers that are registered in this process."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}

    def registration(self, name: str) -> Callable[[Handler], Handler]:
        """Return a decorator that registers a handler under this name."""
        if not name:
            raise ValueError("The name of a callback must not be empty")

        def register(handler: Handler) -> Handler:
            if name in self._handlers:
                raise ValueError(f"A callback named '{name}' is already registered; choose another name")
            self._handlers[name] = handler
            return handler

        return register

    def find(self, name: str) -> Handler | None:
        """Return the handler that is registered under this name, or `None`."""
        return self._handlers.get(name)


class Caller:
    """Calls handlers: coroutine functions on the event loop, other functions in up to `most` threads at once.

    A call that takes longer than `timeout` seconds raises `TimeoutError`. Its thread cannot be ended, so it is left
    alone, and another one takes its place; as a daemon, it does not keep the process from ending.
    """

    def __init__(self, most: int, timeout: float) -> None:
        self._free = asyncio.Semaphore(most)
        self._timeout = timeout

    async def call(self, handler: Handler, namespace: str, key: str) -> None:
        if inspect.iscoroutinefunction(handler):
            async with asyncio.timeout(self._timeout):
                await handler(namespace, key)
            return
        async with self._free, asyncio.timeout(self._timeout):
            await _in_thread(handler, namespace, key)


async def _in_thread(handler: Handler, namespace: str, key: str) -> None:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def end(error: BaseException | None) -> None:
        if not done.done():
            done.set_exception(error) if error else done.set_result(None)

    def run() -> None:
        error = None
        try:
            handler(namespace, key)
        except BaseException as failure:  # noqa: BLE001 - any error goes to the event loop
            error = failure
        with suppress(RuntimeError):  # the event loop has ended meanwhile
            loop.call_soon_threadsafe(end, error)

    Thread(target=copy_context().run, args=(run,), name="store-callback", daemon=True).start()
    await done
