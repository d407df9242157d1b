"""Takes part in running the tasks while the service runs."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import APIRouter, FastAPI

from kit.background import end
from kit.health import get_health
from kit.scheduler import get_scheduler
from kit.tasks.engine import engine_module
from kit.tasks.health import examine
from kit.tasks.registry import find_tasks
from kit.tasks.run import Runs
from kit.tasks.storage import storage_module


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    storage = storage_module().storage_of(app)
    app.state.task_runs = runs = Runs(app, storage, find_tasks())
    app.state.tasks = engine = engine_module().engine_of(app, storage, runs)
    get_health(app).add_check("tasks", partial(examine, storage))
    keeping = asyncio.create_task(runs.keep(), name="leases of the tasks")
    get_health(app).watch(keeping)
    try:
        async with engine.started():
            yield
        scheduler = get_scheduler(app)
        await scheduler.finish(scheduler.settings.shutdown_timeout)
    finally:
        await end(keeping)


router = APIRouter(lifespan=lifespan)
