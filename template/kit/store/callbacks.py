"""Callbacks by their names."""

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
        """Make the decorator that registers a handler by this name."""
        if not name:
            raise ValueError("A callback has a name")

        def register(handler: Handler) -> Handler:
            if name in self._handlers:
                raise ValueError(f"There is a callback named '{name}' already")
            self._handlers[name] = handler
            return handler

        return register

    def find(self, name: str) -> Handler | None:
        """Return the handler of this name, if it is registered."""
        return self._handlers.get(name)


async def call(handler: Handler, namespace: str, key: str, threads: Executor) -> None:
    """Call a handler: a coroutine function here, any other in a thread."""
    if inspect.iscoroutinefunction(handler):
        await cast("Awaitable[object]", handler(namespace, key))
    else:
        await asyncio.get_running_loop().run_in_executor(threads, handler, namespace, key)
