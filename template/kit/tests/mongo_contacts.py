"""Contacts in MongoDB, for the tests of bulk upserts."""

from collections.abc import AsyncGenerator

import pytest

from kit.mongo import MongoDBConnectionManager
from kit.tests.mongo.contacts import Contact, MongoContacts, Seat
from kit.tests.mongo.scratch import scratch_collections


@pytest.fixture
async def contacts(database: MongoDBConnectionManager) -> AsyncGenerator[MongoContacts]:
    async with scratch_collections(database, Contact, Seat):
        yield MongoContacts(database)
