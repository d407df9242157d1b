"""Contacts in MongoDB, for the tests of bulk upserts."""

from collections.abc import AsyncGenerator

import pytest

from app.mongo import MongoDBConnectionManager
from tests.mongo.contacts import Contact, MongoContacts, Seat
from tests.mongo.scratch import scratch_collections


@pytest.fixture
async def contacts(database: MongoDBConnectionManager) -> AsyncGenerator[MongoContacts]:
    async with scratch_collections(database, Contact, Seat):
        yield MongoContacts(database)
