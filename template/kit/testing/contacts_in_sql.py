"""Fixtures for tests of bulk upserts: contacts with a column of each kind, and seats with a key of two fields."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import JSON, Numeric, SmallInteger, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from kit.sql import Database, bulk_upsert, get_database
from kit.testing.scratch_tables import Scratch, empty, scratch_tables


class Kind(Enum):
    PERSON = "person"
    COMPANY = "company"


class Contact(Scratch):
    __tablename__ = "scratch_contacts"

    email: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str | None] = mapped_column(String(20))
    age: Mapped[int | None]
    code: Mapped[str | None] = mapped_column(unique=True)
    source: Mapped[str] = mapped_column(default="web")
    kind: Mapped[Kind] = mapped_column(default=Kind.PERSON)
    balance: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    seen_at: Mapped[datetime | None]
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    tags: Mapped[list[str | None] | None] = mapped_column(JSON)


class Seat(Scratch):
    __tablename__ = "scratch_seats"
    __table_args__ = (UniqueConstraint("room", "number"),)

    room: Mapped[str]
    number: Mapped[int]
    guest: Mapped[str | None]


class SqlContacts:
    """Contacts and seats in tables."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def upsert(self, rows: Any, **options: Any) -> tuple[int, int, int]:
        defaults: dict[str, Any] = {"collection": Contact, "key_fields": None if "key_func" in options else ["email"]}
        async with self.database.session() as session:
            try:
                counts = await bulk_upsert(session, rows=rows, **defaults | options)
            except ValueError:
                await session.commit()
                raise
        return counts["matched"], counts["modified"], counts["upserted"]

    async def upsert_seats(self, rows: Any, **options: Any) -> tuple[int, int, int]:
        return await self.upsert(rows, collection=Seat, **options)

    async def read(self) -> Mapping[str, Contact]:
        async with self.database.read_session() as session:
            return {contact.email: contact for contact in (await session.scalars(select(Contact))).all()}

    async def read_seats(self) -> Sequence[Seat]:
        async with self.database.read_session() as session:
            return (await session.scalars(select(Seat).order_by(Seat.room, Seat.number))).all()


@pytest.fixture(scope="module")
async def scratch(app: FastAPI) -> AsyncGenerator[Database]:
    """Return the database of the running service, with the scratch tables of the tests."""
    async with scratch_tables(get_database(app)) as database:
        yield database


@pytest.fixture
async def contacts(scratch: Database) -> SqlContacts:
    await empty(scratch)
    return SqlContacts(scratch)
