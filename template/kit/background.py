"""Ends the tasks that run beside the requests."""

import asyncio
from typing import Any

SECONDS_BETWEEN_CANCELLATIONS = 1.0


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks until they have ended; their errors are not raised.

    Once is not enough: a library can swallow a cancellation, as `asyncio.wait_for` does before Python 3.12 if what it
    waits for ends at the same moment. A task that works for ever would then go on, and the service would not stop.
    """
    running = {*tasks}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=SECONDS_BETWEEN_CANCELLATIONS)
