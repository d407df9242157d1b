"""Migrations with Alembic. In `local` the service applies them at its start; elsewhere run `python -m app migrate`."""

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection, String, column, inspect, select, table

from kit.discovery import APPLICATION, PROJECT_FOLDER
from kit.errors import ServiceUnavailableException
from kit.server.start import StartError
from kit.sql.database import Database
from kit.sql.errors import driver_message, translated_errors
from kit.sql.settings import DatabaseSettings, shown

CONFIG_FILE = PROJECT_FOLDER / "pyproject.toml"
AHEAD = "the database is ahead of this code: deploy the release that has this revision"


def upgrade(settings: DatabaseSettings) -> None:
    """Apply the pending migrations, or raise `ConnectionError`. Call it in a thread: it runs its own event loop."""
    newest_revisions()  # raises a `StartError` where Alembic would raise a `KeyError`
    try:
        with translated_errors():
            command.upgrade(Config(toml_file=CONFIG_FILE, attributes={"settings": settings}), "head")
    except ServiceUnavailableException as error:
        reason = driver_message(error.__cause__)
        raise ConnectionError(f"{shown(settings)} of DATABASE_URL does not answer: {reason}") from error
    except CommandError as error:
        reason = fault_of_heads() or (f"{error}; {AHEAD}" if isinstance(error.__cause__, ResolutionError) else error)
        raise StartError(f"the migrations do not fit {shown(settings)}: {reason}") from error


async def check_migrations(database: Database) -> None:
    """Raise `StartError` if migrations are pending. A database that is ahead of this code passes.

    In a release the migrations run first, and the old code serves on until the new code is ready.
    """
    with translated_errors():
        async with database.primary.connect() as connection:
            revisions = await connection.run_sync(current_revisions)
    if fault := fault_of(revisions):
        raise StartError(fault)


def fault_of(revisions: set[str]) -> str | None:
    """Return which migrations a database at these revisions needs, in a sentence, or `None`."""
    if revisions == newest_revisions() or is_ahead(revisions):
        return None
    if fault := fault_of_heads():
        return fault
    pending = [each.revision for each in _script().iterate_revisions("heads", tuple(revisions), implicit_base=True)]
    many = f"{len(pending)} migrations are" if len(pending) > 1 else "1 migration is"
    return f"{many} pending, up to {pending[0]}; run `python -m {APPLICATION} migrate`"


def is_ahead(revisions: set[str]) -> bool:
    """Whether a database at these revisions has been migrated by newer code."""
    return bool(revisions.difference(each.revision for each in _script().walk_revisions()))


def fault_of_heads() -> str | None:
    """Return a sentence if the migrations have more than one head, as after a merge of two branches."""
    heads = sorted(newest_revisions())
    if not heads[1:]:
        return None
    return f"migrations/versions has {len(heads)} heads, {' and '.join(heads)}; join them with `alembic merge heads`"


@cache
def newest_revisions() -> set[str]:
    """Return the revisions of an up-to-date database; raise `StartError` if one that others follow is missing."""
    try:
        return set(_script().get_heads())
    except KeyError as error:
        raise StartError(
            f"migrations/versions lacks {error.args[0]}, which another revision follows; "
            "`git restore migrations/versions` brings back what you have deleted, or an update"
        ) from error


def current_revisions(connection: Connection) -> set[str]:
    """Return the current revisions of a database."""
    if not inspect(connection).has_table("alembic_version"):
        return set()
    return set(connection.scalars(select(column("version_num", String)).select_from(table("alembic_version"))))


@cache
def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(Config(toml_file=CONFIG_FILE))
