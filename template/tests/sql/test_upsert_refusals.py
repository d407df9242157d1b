"""Bulk upserts: what they refuse, and what is written by then."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from app.errors import ConflictException
from app.sql import BulkUpsertError, Database, UpsertCounts, bulk_upsert
from tests.sql.contacts import Contact, Seat, contacts, normalised, upsert

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(notes: Database) -> Database:
    """Give the database with empty tables of contacts and of seats."""
    return notes


async def test_what_key_func_refuses_is_not_written(database: Database) -> None:
    with pytest.raises(ValueError, match="bo is no address") as error:
        await upsert(database, [{"email": "ann@x.org"}, {"email": "bo"}], key_func=normalised)
    assert error.value.__notes__ == ["in row 1"]
    assert await contacts(database) == {}


async def test_key_func_returns_the_same_fields_for_every_row(database: Database) -> None:
    def changing(row: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"id": row["id"]} if "id" in row else row

    with pytest.raises(ValueError, match="key_func returned id, and email for an earlier row"):
        await upsert(database, [{"email": "a"}, {"email": "b", "id": uuid4()}], key_func=changing)


@pytest.mark.parametrize("options", [{"key_fields": None}, {"key_fields": ["email"], "key_func": normalised}])
async def test_there_is_one_way_to_the_key(database: Database, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="either key_fields or key_func"):
        await upsert(database, [{"email": "a"}], **options)


@pytest.mark.parametrize(("row", "fault"), [({"email": None}, "Null"), ({"name": "A"}, "Missing")])
async def test_a_row_without_its_key_is_refused_before_anything_is_written(
    database: Database, row: dict[str, Any], fault: str
) -> None:
    async with database.session() as session:
        with pytest.raises(ValueError, match="key field") as error:
            await bulk_upsert(session, collection=Contact, rows=[{"email": "a"}, row], key_fields=["email"])
    assert str(error.value) == f"{fault} key field 'email' in document"
    assert error.value.__notes__ == ["in row 1"]
    assert await contacts(database) == {}


@pytest.mark.parametrize("field", ["email", "name", "nothing"])
async def test_fields_set_on_insert_are_fields_that_rows_lack(database: Database, field: str) -> None:
    with pytest.raises(ValueError, match=f"field '{field}' to set on insert|Field '{field}' is in the row"):
        await upsert(database, [{"email": "a", "name": "A"}], set_on_insert={field: "x"})


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("name", "x" * 21, "longer than 20 characters"),
        ("name", 5, "int where str belongs"),
        ("name", "a\0b", "NUL"),
        ("name", "\ud800", "surrogates"),
        ("age", 2**31, "out of the range from -2147483648 to 2147483647"),
        ("age", "5", "str where int belongs"),
        ("rating", -32769, "out of the range"),
        ("balance", 10**6, "out of the range"),
        ("seen_at", datetime(2020, 1, 1), "has no time zone"),  # noqa: DTZ001
        ("seen_at", "2020-01-01", "str"),
        ("kind", "cat", "not one of PERSON, COMPANY"),
        ("details", {"x": object()}, "not JSON serializable"),
        ("source", None, "null"),
    ],
)
async def test_a_value_that_its_column_cannot_hold_is_refused_with_its_row(
    database: Database, field: str, value: object, fault: str
) -> None:
    rows = [{"email": "z"}, {"email": "b", field: value}, {"email": "a"}]
    with pytest.raises(ValueError, match=rf"'{field}' in row 1: .*{fault}"):
        await upsert(database, rows)
    assert await contacts(database) == {}


async def test_unknown_fields_are_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="'scratch_contacts' has no field 'nmae'"):
        await upsert(database, [{"email": "a", "nmae": "A"}])


async def test_a_field_that_a_new_row_needs_is_missed(database: Database) -> None:
    with pytest.raises(ValueError, match="Missing field 'number' in document"):
        await upsert(database, [{"id": uuid4(), "room": "A"}], collection=Seat, key_fields=["id"])


@pytest.mark.parametrize("key_fields", [["room"], ["number"], ["room", "number", "guest"]])
async def test_a_key_that_is_not_unique_says_what_to_add(database: Database, key_fields: list[str]) -> None:
    fields = ", ".join(f"'{field}'" for field in key_fields)
    wanted = f"UniqueConstraint({fields}, name='uq_scratch_seats_{'_'.join(key_fields)}')"
    with pytest.raises(ValueError, match=re.escape(wanted)):
        await upsert(database, [], collection=Seat, key_fields=key_fields)


async def generated(rows: Sequence[Mapping[str, Any]]) -> AsyncIterator[Mapping[str, Any]]:
    for row in rows:
        await asyncio.sleep(0)
        yield row


@pytest.mark.parametrize("stream", [iter, generated])
async def test_an_iterator_is_written_in_batches_up_to_the_row_that_is_refused(database: Database, stream: Any) -> None:
    rows: list[dict[str, Any]] = [{"email": f"{number}", "age": 1} for number in range(25)]
    assert await upsert(database, stream(rows[:15])) == (0, 0, 15)
    rows[3]["age"], rows[22]["email"] = 2, None
    async with database.session() as session:
        with pytest.raises(BulkUpsertError, match="Null key field 'email' in document") as error:
            await bulk_upsert(session, collection=Contact, rows=stream(rows), key_fields=["email"], batch_size=10)
    assert "row 22; so far 15 matched, 1 modified, 5 upserted" in str(error.value)
    assert error.value.index == 22
    assert error.value.counts == UpsertCounts(matched=15, modified=1, upserted=5)
    assert isinstance(error.value.__cause__, ValueError)
    assert set(await contacts(database)) == {f"{number}" for number in range(20)}


async def test_another_row_with_the_same_unique_value_is_a_conflict(database: Database) -> None:
    await upsert(database, [{"email": "a", "code": "1"}, {"email": "b", "code": "2"}])
    for rows in (
        [{"email": "c", "code": "1", "name": "C"}],
        [{"email": "c", "code": "3"}, {"email": "d", "code": "1"}],
        [{"email": "a", "code": "2"}],
        [{"email": "c", "code": "4"}, {"email": "d", "code": "4"}],
    ):
        with pytest.raises(ConflictException):
            await upsert(database, rows)
    found = await contacts(database)
    assert {email: (contact.code, contact.name) for email, contact in found.items()} == {
        "a": ("1", None),
        "b": ("2", None),
    }


async def test_a_read_session_refuses_an_upsert(database: Database) -> None:
    async with database.read_session() as session:
        with pytest.raises(RuntimeError, match="only reads"):
            await bulk_upsert(session, collection=Contact, rows=[{"email": "a"}], key_fields=["email"])
