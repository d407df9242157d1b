"""Opens the databases when the service starts, and closes them when it stops."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from kit.health import get_health
from kit.settings import Environment, Settings, get_settings
from kit.sql.database import Database
from kit.sql.migrations import check_migrations, upgrade
from kit.sql.settings import DatabaseSettings, FurtherDatabasesSettings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    settings = get_settings(app, DatabaseSettings)
    if get_settings(app, Settings).environment is Environment.LOCAL:
        await asyncio.to_thread(upgrade, settings)
    options = {"default": settings, **get_settings(app, FurtherDatabasesSettings).databases}
    databases: dict[str, Database] = {}
    async with AsyncExitStack() as stack:
        for name, each in options.items():
            database = Database(each)
            stack.push_async_callback(database.close)
            databases[name] = database
            check = "database" if name == "default" else f"database {name}"
            get_health(app).add_check(check, _check_of(database, name), timeout=each.health_timeout)
            if database.engines.directory:
                get_health(app).add_directory(check, database.engines.directory)
        app.state.databases = databases
        yield


def _check_of(database: Database, name: str) -> Callable[[], Awaitable[None]]:
    """Return the check of a database; that of `DATABASE_URL` has the migrations."""

    async def check() -> None:
        await database.ping()
        if name == "default":
            await check_migrations(database)

    return check
