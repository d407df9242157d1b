"""Opens the databases when the service starts, and closes them when it stops."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from fastapi import FastAPI
from structlog.typing import FilteringBoundLogger

from kit.health import get_health
from kit.mongo.connection import MongoDBConnectionManager
from kit.mongo.migrations import upgrade
from kit.mongo.settings import DatabaseSettings, FurtherDatabasesSettings
from kit.settings import Environment, Settings, get_settings

log: FilteringBoundLogger = structlog.get_logger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    default = MongoDBConnectionManager(get_settings(app, DatabaseSettings), prepare=upgrade)
    databases = {"default": default}
    for name, options in get_settings(app, FurtherDatabasesSettings).databases.items():
        databases[name] = MongoDBConnectionManager(options, f"DATABASES__{name.upper()}__URL")
    async with AsyncExitStack() as stack:
        for name, database in databases.items():
            await stack.enter_async_context(database)
            check = "database" if name == "default" else f"database {name}"
            get_health(app).add_check(check, database.check, timeout=database.options.health_timeout)
        app.state.databases = databases
        await _greet(default, patient=get_settings(app, Settings).environment is not Environment.LOCAL)
        yield


async def _greet(database: MongoDBConnectionManager, *, patient: bool) -> None:
    """Connect, and create the indexes; if `patient`, start even though the server does not answer yet."""
    try:
        await database.check()
    except ConnectionError as error:
        if not patient:
            raise
        log.warning("the database does not answer yet", error=str(error))
