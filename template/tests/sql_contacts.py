"""Contacts in an SQL database, for the tests of bulk upserts."""

from collections.abc import AsyncGenerator

import pytest

from app.sql import Database
from tests.sql.contacts import SqlContacts
from tests.sql.scratch import scratch_tables


@pytest.fixture
async def contacts(database: Database) -> AsyncGenerator[SqlContacts]:
    async with scratch_tables(database):
        yield SqlContacts(database)
