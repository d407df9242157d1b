"""Creates the health of the service, before the features that register their checks with it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from kit.health.health import Health
from kit.settings import Settings, get_settings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    settings = get_settings(app, Settings)
    health = Health(settings.health_timeout)
    if settings.log_dir:
        health.add_directory("LOG_DIR", settings.log_dir)
    app.state.health = health
    yield
