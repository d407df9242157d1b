"""Migrations, by Alembic: a service applies them at its start in `local`, elsewhere `python -m app migrate` does."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from app.sql.settings import DatabaseSettings

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def upgrade(settings: DatabaseSettings) -> None:
    """Apply what is pending; it has an event loop of its own, so that a coroutine calls it in a thread."""
    command.upgrade(Config(toml_file=PYPROJECT, attributes={"settings": settings}), "head")


@cache
def newest_revisions() -> set[str]:
    """Name the revisions that a database which is up to date is at."""
    return set(ScriptDirectory.from_config(Config(toml_file=PYPROJECT)).get_heads())


def current_revisions(connection: Connection) -> set[str]:
    """Name the revisions that a database is at."""
    return set(MigrationContext.configure(connection).get_current_heads())
