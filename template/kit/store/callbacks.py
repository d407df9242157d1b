"""Callbacks by their names, and what became of those that failed."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, cast

from kit.store.engine import Call
from kit.store.names import decode

Handler = Callable[[str, str], Any]


@dataclass(frozen=True)
class DeadLetter:
    """An expiry that nobody could be told of."""

    id: str
    namespace: str
    key: str
    callback: str
    error: str

    @classmethod
    def of(cls, call: Call) -> "DeadLetter":
        return cls(call.id, *decode(call.name), call.callback, call.error)


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

    async def run(self, call: Call, threads: Executor) -> None:
        """Call the handler: one that is a coroutine function here, another in a thread."""
        handler = self._handlers.get(call.callback)
        if handler is None:
            raise LookupError(f"nobody has registered a callback named '{call.callback}'")
        namespace, key = decode(call.name)
        if inspect.iscoroutinefunction(handler):
            await cast("Awaitable[object]", handler(namespace, key))
        else:
            await asyncio.get_running_loop().run_in_executor(threads, handler, namespace, key)
