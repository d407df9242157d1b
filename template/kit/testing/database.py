"""Fixtures for the database of the tests: migrated once, and emptied before each test that uses it."""

from collections.abc import Generator

import pytest
from fastapi import FastAPI

from kit.sql import Base, Database, get_database
from kit.sql.migrations import upgrade
from kit.sql.settings import DatabaseSettings


@pytest.fixture(scope="session", autouse=True)
def migrated_database(database_url: str) -> Generator[None]:
    """Point `DATABASE_URL` at the database of the tests, and migrate it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", database_url)
        upgrade(DatabaseSettings())
        yield


@pytest.fixture
async def database(app: FastAPI) -> Database:
    """Return the database of the running service, with all tables empty."""
    database = get_database(app)
    async with database.session() as session:
        for table in reversed(Base.metadata.sorted_tables):
            await session.execute(table.delete())
    return database
