"""Opens the store on its server, where rate limits are counted too."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from app.limits.redis import RedisCounters
from app.settings import get_settings
from app.store.lifespan import serve_store
from app.store.redis.engine import RedisEngine
from app.store.redis.settings import RedisSettings
from app.store.settings import StoreSettings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    engine = RedisEngine(get_settings(app, RedisSettings), get_settings(app, StoreSettings).max_namespaces)
    app.state.counters = RedisCounters(engine.server)
    async with serve_store(app, engine):
        yield


router = APIRouter(lifespan=lifespan)
