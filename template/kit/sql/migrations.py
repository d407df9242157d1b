"""Migrations with Alembic. In `local` the service applies them at its start; elsewhere run `python -m app migrate`."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from kit.errors import ServiceUnavailableException
from kit.sql.errors import translated_errors
from kit.sql.settings import DatabaseSettings, parse_url

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def upgrade(settings: DatabaseSettings) -> None:
    """Apply the pending migrations, or raise `ConnectionError`. Call it in a thread: it runs its own event loop."""
    try:
        with translated_errors():
            command.upgrade(Config(toml_file=PYPROJECT, attributes={"settings": settings}), "head")
    except ServiceUnavailableException as error:
        url = parse_url(settings.url).render_as_string(hide_password=True)
        raise ConnectionError(f"the database of DATABASE_URL, {url}, does not answer: {error.__cause__}") from error


@cache
def newest_revisions() -> set[str]:
    """Return the revisions of an up-to-date database."""
    return set(ScriptDirectory.from_config(Config(toml_file=PYPROJECT)).get_heads())


def current_revisions(connection: Connection) -> set[str]:
    """Return the current revisions of a database."""
    return set(MigrationContext.configure(connection).get_current_heads())
