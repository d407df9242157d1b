"""Opens the queue of jobs."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from kit.health import get_health
from kit.scheduler.pgqueuer.queue_scheduler import QueueScheduler
from kit.scheduler.routes import router as routes
from kit.scheduler.threads import watch_threads


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    watch_threads()
    app.state.scheduler = scheduler = QueueScheduler(app)
    get_health(app).add_check("jobs", scheduler.check)
    yield


router = APIRouter(lifespan=lifespan)
router.include_router(routes)
