"""The threads of runs: a thread cannot be cancelled, so a cancelled run waits for the threads that it started."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

threads_of_run: ContextVar[set[Future[Any]] | None] = ContextVar("threads_of_run", default=None)


class JobThreads(ThreadPoolExecutor):
    """The threads of the event loop, as `asyncio.to_thread` uses them; each run knows its own."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = super().submit(fn, *args, **kwargs)
        if (threads := threads_of_run.get()) is not None:
            threads.add(future)
            future.add_done_callback(threads.discard)
        return future


def watch_threads() -> None:
    """Let each run in this event loop know the threads that it starts."""
    asyncio.get_running_loop().set_default_executor(JobThreads())


async def wait_for_threads() -> None:
    """Wait for the threads of this run."""
    if threads := threads_of_run.get():
        await asyncio.gather(*map(asyncio.wrap_future, list(threads)), return_exceptions=True)
