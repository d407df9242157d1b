"""Tables to upsert into: contacts, with a column of each kind, and seats, with a key of two fields."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import JSON, Numeric, SmallInteger, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.sql import Database, bulk_upsert
from tests.sql.conftest import Scratch


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


async def upsert(database: Database, rows: Any, **options: Any) -> tuple[int, int, int]:
    """Upsert contacts by their email in a transaction; give how many matched, were modified, and are new."""
    defaults: dict[str, Any] = {"collection": Contact, "key_fields": None if "key_func" in options else ["email"]}
    async with database.session() as session:
        counts = await bulk_upsert(session, rows=rows, **defaults | options)
    return counts["matched"], counts["modified"], counts["upserted"]


async def contacts(database: Database) -> dict[str, Contact]:
    async with database.read_session() as session:
        return {contact.email: contact for contact in (await session.scalars(select(Contact))).all()}


async def names(database: Database) -> dict[str, str | None]:
    return {email: contact.name for email, contact in (await contacts(database)).items()}


def normalised(row: Mapping[str, Any]) -> Mapping[str, Any]:
    if "@" not in row["email"]:
        raise ValueError(f"{row['email']} is no address")
    return {"email": row["email"].strip().lower()}
