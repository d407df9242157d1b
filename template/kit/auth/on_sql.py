"""What accounts and API keys have in common in tables."""

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager

from kit.errors import BadRequestException
from kit.settings import read_settings
from kit.sql import Database
from kit.sql.migrations import check_migrations
from kit.sql.settings import DatabaseSettings

MAX_SCOPES = 4000  # characters


@asynccontextmanager
async def open_database() -> AsyncGenerator[Database]:
    """Open the database of the settings for a command."""
    database = Database(read_settings()[DatabaseSettings])
    try:
        await check_migrations(database)
        yield database
    finally:
        await database.close()


def joined(scopes: Collection[str], *, of: str) -> str:
    """Return scopes as a column has them; raise `BadRequestException` if it cannot hold them."""
    text = " ".join(sorted(scopes))
    if len(text) > MAX_SCOPES:
        raise BadRequestException(f"The scopes of {of} have at most {MAX_SCOPES} characters")
    return text
