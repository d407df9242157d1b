"""The scratch collections of the database's tests."""

from collections.abc import AsyncGenerator

import pytest

from kit.mongo import Database
from kit.testing.scratch_collections import Note, scratch_collections


@pytest.fixture
async def notes(database: Database) -> AsyncGenerator[Database]:
    """Return the database with an empty collection of notes."""
    async with scratch_collections(database, Note):
        yield database
