"""Takes part in running the jobs while the service runs."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog
from fastapi import APIRouter, FastAPI
from structlog.typing import FilteringBoundLogger

from kit.background import end
from kit.health import get_health
from kit.scheduler.apscheduler.leader_scheduler import LeaderScheduler
from kit.scheduler.apscheduler.settings import LeaderSettings
from kit.scheduler.routes import router as routes
from kit.scheduler.threads import watch_threads
from kit.settings import get_settings

log: FilteringBoundLogger = structlog.get_logger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    logging.getLogger("apscheduler").setLevel(logging.WARNING)  # each run has its own lines in the log
    settings = get_settings(app, LeaderSettings)
    watch_threads()
    app.state.scheduler = scheduler = LeaderScheduler(app)
    get_health(app).add_check("jobs", scheduler.check)
    get_health(app).add_directory("jobs", settings.directory)
    candidacy = asyncio.create_task(scheduler.lead(), name="lead of the jobs") if settings.enabled else None
    if candidacy:
        get_health(app).watch(candidacy)
        log.info("scheduler started", jobs=len(scheduler.scheduled))
    try:
        yield
    finally:
        if candidacy:
            await end(candidacy)
        await scheduler.stop()


router = APIRouter(lifespan=lifespan)
router.include_router(routes)
