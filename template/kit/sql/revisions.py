"""The environment of Alembic: it finds all models, and connects as the service does."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import Connection

from kit.discovery import modules
from kit.errors import ServiceUnavailableException
from kit.server.start import StartError
from kit.settings import Environment, Settings, SettingsError, read_settings
from kit.sql.autogenerate import COMPARISON, refuse_unsupported
from kit.sql.base import Base, UtcDateTime
from kit.sql.database import Database
from kit.sql.dialect import dialect
from kit.sql.errors import driver_message, translated_errors
from kit.sql.migrations import AHEAD, fault_of_heads, newest_revisions
from kit.sql.settings import DatabaseSettings, parse_url

MAX_STATEMENT_TIME = 3600  # seconds, for example for an index on a large table


def render_item(kind: str, item: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    """Render the kit's own column types in a revision, and add their import."""
    if kind != "type" or not type(item).__module__.startswith("kit."):
        return False
    autogen_context.imports.add(f"from kit.sql import {type(item).__name__}")
    return "UtcDateTime()" if isinstance(item, UtcDateTime) else repr(item)


def configure(**options: Any) -> None:
    """Configure Alembic to copy tables that the database cannot alter, and to use a transaction where it can."""
    options |= {"render_as_batch": True, "transactional_ddl": dialect.TRANSACTIONAL_DDL}
    context.configure(target_metadata=Base.metadata, render_item=render_item, **COMPARISON, **options)


def run(connection: Connection) -> None:
    configure(connection=connection)
    if _compares():
        refuse_unsupported(Base.metadata)
        if read_settings()[Settings].environment is Environment.LOCAL:
            _migrate(connection)
    _run_migrations(connection)


def _migrate(connection: Connection) -> None:
    """Apply the pending migrations before the command that Alembic was asked for."""
    asked = context.get_context().opts["fn"]
    configure(connection=connection, fn=_pending)
    _run_migrations(connection)
    configure(connection=connection, fn=asked)


def _run_migrations(connection: Connection) -> None:
    with context.begin_transaction():
        dialect.prepare_migrations(connection)
        context.run_migrations()


def _compares() -> bool:
    """Whether the models are compared with the database, which Alembic refuses for one with pending migrations.

    A new database has some, and so has a colleague's: a local one is migrated first, as the service does at its start.
    """
    revision = context.get_context().opts.get("revision_context")
    return bool(revision and revision.command_args["autogenerate"])


def _pending(current: tuple[str, ...], _context: MigrationContext) -> list[MigrationStep]:
    """Return the steps from the revisions that the database is at to the newest."""
    script = context.script
    if fault := fault_of_heads():
        raise CommandError(fault)
    try:
        missing = [*script.iterate_revisions("heads", current, implicit_base=True)]
    except RevisionError as error:
        raise CommandError(
            f"The database is at a revision that is not in migrations/versions: {error}; {AHEAD}"
        ) from error
    return [MigrationStep.upgrade_from_script(script.revision_map, each) for each in reversed(missing)]


def run_alembic() -> None:
    """Run Alembic's current command; `migrations/env.py` calls this."""
    modules("**/model*.py")
    if settings := context.config.attributes.get("settings"):
        _run(settings)
    else:
        with _without_traceback():
            _run(read_settings()[DatabaseSettings])


@contextmanager
def _without_traceback() -> Generator[None]:
    """Raise what is wrong with settings, revisions or the database as errors that Alembic shows without a traceback."""
    try:
        newest_revisions()
        with translated_errors():
            yield
    except ServiceUnavailableException as error:
        raise CommandError(f"{error}: {driver_message(error.__cause__)}") from error
    except (SettingsError, StartError) as error:
        raise CommandError(str(error)) from error


def _run(settings: DatabaseSettings) -> None:
    if context.is_offline_mode():
        configure(url=parse_url(settings.url).render_as_string(hide_password=False), literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
    else:
        asyncio.run(_run_online(settings))


async def _run_online(settings: DatabaseSettings) -> None:
    database = Database(settings.model_copy(update={"timeout": MAX_STATEMENT_TIME}))
    try:
        async with database.engines.writer.connect() as connection:
            await connection.run_sync(run)
    finally:
        await database.close()
