"""A fixture for tests of bulk upserts: contacts with fields of each kind, and seats with a key of two fields."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field
from pymongo import IndexModel

from kit.mongo import BaseRepository, Document, MongoDBConnectionManager, UtcDateTime, bulk_upsert
from kit.testing.scratch_collections import scratch_collections


class Contact(Document):
    collection: ClassVar = "scratch_contacts"
    indexes: ClassVar = [
        IndexModel("email", unique=True),
        IndexModel("code", unique=True, partialFilterExpression={"code": {"$type": "string"}}),
    ]

    email: str
    name: Annotated[str, Field(max_length=20)] | None = None
    age: int | None = None
    code: str | None = None
    source: str = "web"
    seen_at: UtcDateTime | None = None
    details: dict[str, Any] | None = None
    tags: list[str | None] | None = None


class Seat(Document):
    collection: ClassVar = "scratch_seats"
    indexes: ClassVar = [IndexModel(["room", "number"], unique=True)]

    room: str
    number: int
    guest: str | None = None


class MongoContacts:
    """Contacts and seats in collections."""

    def __init__(self, database: MongoDBConnectionManager) -> None:
        self.database = database

    async def upsert(self, rows: Any, **options: Any) -> tuple[int, int, int]:
        defaults: dict[str, Any] = {"collection": Contact, "key_fields": None if "key_func" in options else ["email"]}
        async with self.database.session() as session:
            counts = await bulk_upsert(session, rows=rows, **defaults | options)
        return counts["matched"], counts["modified"], counts["upserted"]

    async def upsert_seats(self, rows: Any, **options: Any) -> tuple[int, int, int]:
        return await self.upsert(rows, collection=Seat, **options)

    async def read(self) -> Mapping[str, Contact]:
        async with self.database.read_session() as session:
            contacts = await BaseRepository[Contact, Any](Contact, session).get_all(limit=10_000)
        return {contact.email: contact for contact in contacts}

    async def read_seats(self) -> Sequence[Seat]:
        async with self.database.read_session() as session:
            seats = await BaseRepository[Seat, Any](Seat, session).get_all(limit=10_000)
        return sorted(seats, key=lambda seat: (seat.room, seat.number))


@pytest.fixture
async def contacts(database: MongoDBConnectionManager) -> AsyncGenerator[MongoContacts]:
    async with scratch_collections(database, Contact, Seat):
        yield MongoContacts(database)
