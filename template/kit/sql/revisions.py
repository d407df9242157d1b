"""The environment of Alembic: it finds all models, and connects as the service does."""

import asyncio
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from kit.discovery import modules
from kit.settings import read_settings
from kit.sql.base import Base, UtcDateTime
from kit.sql.database import Database
from kit.sql.dialect import dialect
from kit.sql.settings import DatabaseSettings, parse_url


def render_item(kind: str, item: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    """Render the kit's own column types in a revision, and add their import."""
    if kind != "type" or not type(item).__module__.startswith("kit."):
        return False
    autogen_context.imports.add(f"from kit.sql import {type(item).__name__}")
    return "UtcDateTime()" if isinstance(item, UtcDateTime) else repr(item)


def configure(**options: Any) -> None:
    """Configure Alembic to copy tables that the database cannot alter, and to use a transaction where it can."""
    options |= {"render_as_batch": True, "transactional_ddl": dialect.TRANSACTIONAL_DDL}
    context.configure(target_metadata=Base.metadata, render_item=render_item, **options)


def run(connection: Connection) -> None:
    configure(connection=connection)
    with context.begin_transaction():
        dialect.prepare_migrations(connection)
        context.run_migrations()


def run_alembic() -> None:
    """Run Alembic's current command; `migrations/env.py` calls this."""
    modules("**/model*.py")
    settings = context.config.attributes.get("settings") or read_settings()[DatabaseSettings]
    if context.is_offline_mode():
        configure(url=parse_url(settings.url).render_as_string(hide_password=False), literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
    else:
        asyncio.run(_run_online(settings))


async def _run_online(settings: DatabaseSettings) -> None:
    database = Database(settings)
    try:
        async with database.engines.writer.connect() as connection:
            await connection.run_sync(run)
    finally:
        await database.close()
