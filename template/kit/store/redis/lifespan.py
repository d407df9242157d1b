"""Opens the store on its server, which also counts for rate limits."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from kit.settings import get_settings
from kit.store.lifespan import serve_store
from kit.store.redis.counters import RedisCounters
from kit.store.redis.engine import RedisEngine
from kit.store.redis.settings import RedisSettings
from kit.store.settings import StoreSettings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    engine = RedisEngine(get_settings(app, RedisSettings), get_settings(app, StoreSettings).max_namespaces)
    app.state.counters = RedisCounters(engine.server)
    async with serve_store(app, engine):
        yield


router = APIRouter(lifespan=lifespan)
