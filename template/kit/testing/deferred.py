"""For tests of what defers tasks: they run in the test, instead of in a worker."""

import asyncio
from datetime import UTC, datetime

from fastapi import FastAPI

from kit.tasks.run import Runs, runs_of
from kit.tasks.storage import State, StoredTask, storage_module

BATCH = 10_000


async def run_deferred(app: FastAPI) -> list[str]:
    """Run the tasks that are due, and those that they defer, and return their ids in the order of their runs.

    A task that fails is not due again at once; its error is in the log.
    """
    runs = runs_of(app)
    storage, names = storage_module().storage_of(app), list[str]()
    while due := [each for each in await storage.list_tasks(None, None, BATCH) if _is_due(each, runs)]:
        for each in due:
            names.append(each.name)
            await asyncio.wait(await runs.begin([each.id]))
    return names


def _is_due(task: StoredTask, runs: Runs) -> bool:
    waits = task.state is State.WAITING and task.due_at <= datetime.now(UTC)
    return (waits or task.state is State.QUEUED) and task.name in runs.tasks
