"""Databases on a server: each test run creates its own, and drops it at the end."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from uuid import uuid4

from pydantic import SecretStr
from sqlalchemy import make_url

from kit.sql import Database
from kit.sql.settings import DatabaseSettings


@contextmanager
def new_database(server: str) -> Generator[str]:
    """Yield the URL of a new, empty database on this server; the user in the URL must be allowed to create one."""
    name = f"test_{uuid4().hex}"
    asyncio.run(_execute(server, f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        asyncio.run(_execute(server, f"DROP DATABASE {name}"))


async def _execute(url: str, statement: str) -> None:
    database = Database(DatabaseSettings(url=SecretStr(url)))
    try:
        async with database.engines.reader.connect() as connection:
            await connection.exec_driver_sql(statement)
    finally:
        await database.close()
