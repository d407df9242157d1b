"""The scratch collections of the database's tests."""

from collections.abc import AsyncGenerator

import pytest

from kit.mongo import MongoDBConnectionManager
from kit.testing.scratch_collections import Note, scratch_collections


@pytest.fixture
async def notes(database: MongoDBConnectionManager) -> AsyncGenerator[MongoDBConnectionManager]:
    """Return the database with an empty collection of notes."""
    async with scratch_collections(database, Note):
        yield database
