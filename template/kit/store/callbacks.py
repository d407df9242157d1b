"""The expiry callbacks, by name."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import Any, cast

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


async def call(handler: Handler, namespace: str, key: str, threads: Executor) -> None:
    """Call a handler: a coroutine function on the event loop, any other function in a thread."""
    if inspect.iscoroutinefunction(handler):
        await cast("Awaitable[object]", handler(namespace, key))
    else:
        await asyncio.get_running_loop().run_in_executor(threads, handler, namespace, key)
