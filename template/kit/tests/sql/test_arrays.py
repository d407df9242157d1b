"""Arrays in bulk upserts."""

from typing import Any

import pytest
from sqlalchemy import ARRAY, String, select
from sqlalchemy.orm import Mapped, mapped_column

from kit.sql import Database, bulk_upsert
from kit.tests.sql.scratch import Scratch

pytestmark = pytest.mark.anyio

TAGS = ["", 'a "b", {c}', "d\\", None, "NULL"]


class Photo(Scratch):
    __tablename__ = "scratch_photos"

    name: Mapped[str] = mapped_column(unique=True)
    tags: Mapped[list[str | None]] = mapped_column(ARRAY(String))


async def test_arrays_come_back_as_they_went_in(notes: Database) -> None:
    rows: list[dict[str, Any]] = [{"name": "a", "tags": TAGS}, {"name": "b", "tags": []}]
    async with notes.session() as session:
        for expected in ({"matched": 0, "modified": 0, "upserted": 2}, {"matched": 2, "modified": 0, "upserted": 0}):
            assert await bulk_upsert(session, collection=Photo, rows=rows, key_fields=["name"]) == expected
        read = await session.execute(select(Photo.name, Photo.tags))
        assert {name: tags for name, tags in read} == {"a": TAGS, "b": []}  # noqa: C416 - a row is no pair
