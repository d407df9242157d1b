"""Opens the databases, and makes the indexes that are missing."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from app.health import get_health
from app.mongo.connection import MongoDBConnectionManager
from app.mongo.migrations import upgrade
from app.mongo.settings import DatabaseSettings, FurtherDatabasesSettings
from app.settings import get_settings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    settings = get_settings(app, DatabaseSettings)
    options = {"default": settings, **get_settings(app, FurtherDatabasesSettings).databases}
    databases: dict[str, MongoDBConnectionManager] = {}
    async with AsyncExitStack() as stack:
        for name, each in options.items():
            database = await stack.enter_async_context(MongoDBConnectionManager(each))
            databases[name] = database
            check = "database" if name == "default" else f"database {name}"
            get_health(app).add_check(check, database.ping, timeout=each.health_timeout)
        await upgrade(databases["default"])
        app.state.databases = databases
        yield
