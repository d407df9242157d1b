"""A service with only its health routes and the jobs of a test."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import APIRouter, FastAPI

from kit import health
from kit.log import configure_logging
from kit.settings import BaseSettings, Settings, get_settings

RunJobs = Callable[..., AbstractAsyncContextManager[FastAPI]]


@asynccontextmanager
async def started_jobs(jobs: APIRouter, *settings: BaseSettings) -> AsyncGenerator[FastAPI]:
    """Start it; it starts quickly."""
    app = FastAPI()
    app.state.settings = {type(each): each for each in settings}
    configure_logging(get_settings(app, Settings))
    for router in (health.router, jobs):
        app.include_router(router)
    async with app.router.lifespan_context(app):
        yield app
