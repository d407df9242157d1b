"""The scratch tables of the database's tests."""

import pytest

from kit.sql import Database
from kit.testing.scratch_tables import empty


@pytest.fixture
async def notes(scratch: Database) -> Database:
    """Return the database with an empty table of notes."""
    await empty(scratch)
    return scratch
