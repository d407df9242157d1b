"""For tests of what defers tasks: they run in the test, instead of in a worker."""

import asyncio
from datetime import UTC, datetime

from fastapi import FastAPI

from kit.tasks.run import runs_of
from kit.tasks.storage import storage_module

BATCH = 100


async def run_deferred(app: FastAPI) -> list[str]:
    """Run the tasks that are due, and those that they defer, and return their ids in the order of their runs.

    A task that fails is not due again at once; its error is in the log.
    """
    runs = runs_of(app)
    storage, names = storage_module().storage_of(app), list[str]()
    while due := await storage.due(list(runs.tasks), BATCH, datetime.now(UTC)):
        for task_id, name in due:
            names.append(name)
            await asyncio.wait(await runs.begin([task_id]))
    return names
