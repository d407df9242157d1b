"""The tables that the tests of the database try things out on."""

from collections.abc import AsyncGenerator

import pytest

from app.sql import Database
from tests.sql.scratch import scratch_tables


@pytest.fixture
async def notes(database: Database) -> AsyncGenerator[Database]:
    """Give the database with an empty table of notes."""
    async with scratch_tables(database):
        yield database
