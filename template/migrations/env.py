"""Alembic's entry: `alembic revision --autogenerate` finds all models below `app` by itself."""

import asyncio
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from app.discovery import modules
from app.settings import read_settings
from app.sql.base import Base, UtcDateTime
from app.sql.database import Database
from app.sql.dialect import dialect
from app.sql.settings import DatabaseSettings, parse_url

modules("**/model*.py")
settings: DatabaseSettings = context.config.attributes.get("settings") or read_settings()[DatabaseSettings]


def render_item(kind: str, item: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    """Write our own column types into a revision as they are imported from `app`."""
    if kind != "type" or not type(item).__module__.startswith("app."):
        return False
    autogen_context.imports.add(f"from {type(item).__module__} import {type(item).__name__}")
    return "UtcDateTime()" if isinstance(item, UtcDateTime) else repr(item)


def configure(**options: Any) -> None:
    """Rewrite a table where the database cannot alter it, and keep to one transaction where it can."""
    options |= {"render_as_batch": True, "transactional_ddl": dialect.TRANSACTIONAL_DDL}
    context.configure(target_metadata=Base.metadata, render_item=render_item, **options)


def run(connection: Connection) -> None:
    configure(connection=connection)
    with context.begin_transaction():
        dialect.prepare_migrations(connection)
        context.run_migrations()


async def main() -> None:
    database = Database(settings)
    try:
        async with database.engines.writer.connect() as connection:
            await connection.run_sync(run)
    finally:
        await database.close()


if context.is_offline_mode():
    configure(url=parse_url(settings.url).render_as_string(hide_password=False), literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    asyncio.run(main())
