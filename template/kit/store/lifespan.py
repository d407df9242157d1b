"""Opens a store on an engine, and handles its expiries while the service runs."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from kit.health import get_health
from kit.settings import get_settings
from kit.store.callbacks import Caller
from kit.store.dispatcher import Dispatcher
from kit.store.engine import Engine
from kit.store.settings import StoreSettings
from kit.store.store import StoreService


@asynccontextmanager
async def serve_store(app: FastAPI, engine: Engine) -> AsyncGenerator[None]:
    """Open the store of the service on this engine, and close both at the end."""
    store = StoreService(engine)
    settings = get_settings(app, StoreSettings)
    dispatcher = Dispatcher(engine, store.callbacks, Caller(settings.worker_threads, settings.callback_timeout))
    task = asyncio.create_task(dispatcher.run(), name="expiries of the store")
    app.state.store = store
    get_health(app).add_check("store", store.ping)
    get_health(app).watch(task)
    try:
        yield
    finally:
        dispatcher.stop()
        await asyncio.wait([task])
        await dispatcher.close()
        await store.close()
