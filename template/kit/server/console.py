"""A Python prompt on a running event loop."""

import ast
import asyncio
import signal
import threading
from code import InteractiveConsole
from contextlib import suppress
from importlib import import_module
from inspect import iscoroutine
from rlcompleter import Completer
from traceback import format_exception
from types import CodeType, FunctionType
from typing import Any


class Console(InteractiveConsole):
    """Reads lines in a thread, so that the event loop goes on, and runs them in the event loop, with `await`."""

    def __init__(self, names: dict[str, Any]) -> None:
        super().__init__(names)
        self.compile.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._names = names
        self._loop = asyncio.get_running_loop()
        self._running: asyncio.Task[Any] | None = None

    async def run(self) -> None:
        """Read and run lines until the end of the input."""
        ended = asyncio.Event()
        with suppress(NotImplementedError):  # on Windows
            self._loop.add_signal_handler(signal.SIGINT, self._interrupt)
        # A thread that waits for input cannot be stopped, and must not keep the process alive.
        threading.Thread(target=self._read, args=(ended,), daemon=True).start()
        await ended.wait()

    def runcode(self, code: CodeType) -> None:
        error = asyncio.run_coroutine_threadsafe(self._evaluate(code), self._loop).result()
        if isinstance(error, SystemExit):
            raise error
        if error:
            self.write("".join(format_exception(error)))

    async def _evaluate(self, code: CodeType) -> BaseException | None:
        """Run a line, and return its error: `SystemExit` would end the event loop."""
        self._running = asyncio.current_task()
        try:
            value = FunctionType(code, self._names)()
            if iscoroutine(value):
                await value
        except BaseException as error:  # noqa: BLE001 - the prompt survives what is typed, as Python's own does
            return error
        return None

    def _interrupt(self) -> None:
        if self._running:
            self._running.cancel()

    def _read(self, ended: asyncio.Event) -> None:
        with suppress(ImportError):  # Windows has no readline
            readline: Any = import_module("readline")
            readline.set_completer(Completer(self._names).complete)
            readline.parse_and_bind("tab: complete")
        names = ", ".join(sorted(self._names))
        with suppress(SystemExit):
            self.interact(f"The service is open. Names: {names}. Ctrl+D leaves.", exitmsg="")
        self._loop.call_soon_threadsafe(ended.set)
