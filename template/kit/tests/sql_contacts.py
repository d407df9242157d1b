"""Contacts in an SQL database, for the tests of bulk upserts."""

from collections.abc import AsyncGenerator

import pytest
from fastapi import FastAPI

from kit.sql import Database, get_database
from kit.tests.sql.contacts import SqlContacts
from kit.tests.sql.scratch import empty, scratch_tables


@pytest.fixture(scope="module")
async def scratch(app: FastAPI) -> AsyncGenerator[Database]:
    """Return the database of the running service, with the scratch tables of the tests."""
    async with scratch_tables(get_database(app)) as database:
        yield database


@pytest.fixture
async def contacts(scratch: Database) -> SqlContacts:
    await empty(scratch)
    return SqlContacts(scratch)
