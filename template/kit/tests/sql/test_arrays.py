"""Arrays in bulk upserts."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import ARRAY, LargeBinary, Numeric, String, select
from sqlalchemy.orm import Mapped, mapped_column

from kit.sql import Database, bulk_upsert
from kit.testing.scratch_tables import Scratch

pytestmark = pytest.mark.anyio

TAGS = ["", 'a "b", {c}', "d\\", None, "NULL"]


class Photo(Scratch):
    __tablename__ = "scratch_photos"

    name: Mapped[str] = mapped_column(unique=True)
    tags: Mapped[list[str | None]] = mapped_column(ARRAY(String))
    thumbnails: Mapped[list[bytes | None] | None] = mapped_column(ARRAY(LargeBinary))
    sizes: Mapped[list[list[Decimal]] | None] = mapped_column(ARRAY(Numeric(6, 2)))


async def test_arrays_come_back_as_they_went_in(notes: Database) -> None:
    rows: list[dict[str, Any]] = [{"name": "a", "tags": TAGS}, {"name": "b", "tags": []}]
    async with notes.session() as session:
        for expected in ({"matched": 0, "modified": 0, "upserted": 2}, {"matched": 2, "modified": 0, "upserted": 0}):
            assert await bulk_upsert(session, collection=Photo, rows=rows, key_fields=["name"]) == expected
        read = await session.execute(select(Photo.name, Photo.tags))
        assert {name: tags for name, tags in read} == {"a": TAGS, "b": []}  # noqa: C416 - a row is not a pair


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("thumbnails", [b"\0\xff", b"", None, b'\\x"{}']),
        ("sizes", [[Decimal("1.5"), Decimal(2)], [Decimal("0.25"), Decimal(-4)]]),
        ("sizes", []),
    ],
)
async def test_items_of_any_type_come_back_as_they_went_in(notes: Database, field: str, value: Any) -> None:
    rows: list[dict[str, Any]] = [{"name": field, "tags": [], field: value}, {"name": "b", "tags": [], field: None}]
    async with notes.session() as session:
        await bulk_upsert(session, collection=Photo, rows=rows, key_fields=["name"])
        counts = await bulk_upsert(session, collection=Photo, rows=rows, key_fields=["name"])
        assert counts == {"matched": 2, "modified": 0, "upserted": 0}
        query = select(getattr(Photo, field)).where(Photo.name == field)
        assert (await session.execute(query)).scalar_one() == value


@pytest.mark.parametrize(
    ("field", "value"), [("tags", [1]), ("tags", ["a\0"]), ("tags", "a"), ("sizes", [[Decimal("1.005")]])]
)
async def test_an_item_that_does_not_fit_is_refused(notes: Database, field: str, value: Any) -> None:
    rows: list[dict[str, Any]] = [{"name": "c", "tags": [], field: value}]
    async with notes.session() as session:
        with pytest.raises(ValueError, match=f"'{field}' in row 0"):
            await bulk_upsert(session, collection=Photo, rows=rows, key_fields=["name"])
