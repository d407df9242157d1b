"""Migrations with Alembic. In `local` the service applies them at its start; elsewhere run `python -m app migrate`."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from kit.errors import ServiceUnavailableException
from kit.server.start import StartError
from kit.sql.errors import driver_message, translated_errors
from kit.sql.settings import DatabaseSettings, shown

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def upgrade(settings: DatabaseSettings) -> None:
    """Apply the pending migrations, or raise `ConnectionError`. Call it in a thread: it runs its own event loop."""
    try:
        with translated_errors():
            command.upgrade(Config(toml_file=PYPROJECT, attributes={"settings": settings}), "head")
    except ServiceUnavailableException as error:
        reason = driver_message(error.__cause__)
        raise ConnectionError(f"{shown(settings)} of DATABASE_URL does not answer: {reason}") from error
    except CommandError as error:
        raise StartError(f"the migrations do not fit {shown(settings)}: {error}") from error


@cache
def newest_revisions() -> set[str]:
    """Return the revisions of an up-to-date database."""
    return set(ScriptDirectory.from_config(Config(toml_file=PYPROJECT)).get_heads())


def current_revisions(connection: Connection) -> set[str]:
    """Return the current revisions of a database."""
    return set(MigrationContext.configure(connection).get_current_heads())
