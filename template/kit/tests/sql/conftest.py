"""The tables that the tests of the database try things out on."""

import pytest

from kit.sql import Database
from kit.tests.sql.scratch import empty


@pytest.fixture
async def notes(scratch: Database) -> Database:
    """Give the database with an empty table of notes."""
    await empty(scratch)
    return scratch
