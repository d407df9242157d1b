"""Opens the store in its folder."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from kit.health import get_health
from kit.settings import get_settings
from kit.store.lifespan import serve_store
from kit.store.lmdb.engine import LmdbEngine
from kit.store.lmdb.settings import LmdbSettings
from kit.store.settings import StoreSettings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    settings = get_settings(app, LmdbSettings)
    get_health(app).add_directory("store", settings.path)
    engine = LmdbEngine(settings, get_settings(app, StoreSettings).max_namespaces)
    async with serve_store(app, engine):
        yield


router = APIRouter(lifespan=lifespan)
