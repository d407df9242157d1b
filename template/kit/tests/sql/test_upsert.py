"""Bulk upserts that are particular to SQL: few statements, transactions, and column types."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from kit.errors import ConflictException, ServiceUnavailableException
from kit.sql import Base, Database, UpsertCounts, bulk_upsert
from kit.sql.dialect import dialect
from kit.testing.contacts_in_sql import Contact, Kind, SqlContacts
from kit.testing.scratch_tables import Scratch, statements

pytestmark = pytest.mark.anyio


# A server that locks the gaps between keys may have to end one of two calls that insert into the same gap.
LOCKS_GAPS = not dialect.TRANSACTIONAL_DDL


@pytest.mark.parametrize("rows", [[], (), iter([])])
async def test_no_rows_need_no_statement(contacts: SqlContacts, rows: Any) -> None:
    with statements(contacts.database.engines.writer) as seen:
        assert await contacts.upsert(rows) == (0, 0, 0)
    assert seen == []


async def test_many_rows_need_few_statements(contacts: SqlContacts) -> None:
    rows = [{"email": f"{number}", "age": number} for number in range(500)]
    with statements(contacts.database.engines.writer) as seen:
        assert await contacts.upsert(rows) == (0, 0, 500)
        assert await contacts.upsert(rows, batch_size=250) == (500, 0, 0)
    assert len(seen) < 10


async def test_more_than_a_server_takes_in_one_packet_is_written(contacts: SqlContacts) -> None:
    rows = [{"email": f"{number}", "details": "x" * 1_000_000} for number in range(20)]
    assert await contacts.upsert(rows) == (0, 0, 20)


async def test_a_table_is_found_by_its_name(contacts: SqlContacts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Base, "metadata", Scratch.metadata)
    assert await contacts.upsert([{"email": "a"}], collection="scratch_contacts") == (0, 0, 1)
    with pytest.raises(ValueError, match=r"no table 'contacts'.* scratch_contacts, scratch_notes"):
        await contacts.upsert([{"email": "a"}], collection="contacts")


async def test_values_go_through_the_types_of_their_columns(contacts: SqlContacts) -> None:
    east = datetime(2020, 5, 5, 12, 30, 1, 234567, timezone(timedelta(hours=3)))
    row = {
        "email": "a",
        "kind": Kind.COMPANY,
        "balance": Decimal("123456.78"),
        "rating": -32768,
        "seen_at": east,
        "details": {"né": [1, None, {"x": "\U0001f600"}]},
        "tags": ["", 'a "b", {c}', "d\\", None, "NULL"],
    }
    assert await contacts.upsert([row]) == (0, 0, 1)
    assert await contacts.upsert([row]) == (1, 0, 0)
    contact = (await contacts.read())["a"]
    assert {name: getattr(contact, name) for name in row} == row
    assert contact.seen_at is not None
    assert contact.seen_at.tzinfo is UTC


async def test_objects_of_the_session_see_what_was_upserted(contacts: SqlContacts) -> None:
    async with contacts.database.session() as session:
        ann, bob = Contact(email="ann", name="A"), Contact(email="bob", name="B")
        session.add(ann)
        await session.flush()
        session.add(bob)  # not yet written
        ann.age = 7
        rows = [{"email": "ann", "name": "Ann"}, {"email": "bob", "name": "Bob"}]
        counts = await bulk_upsert(session, collection=Contact, rows=rows, key_fields=["email"])
        assert counts == UpsertCounts(matched=2, modified=2, upserted=0)
        assert (ann.name, ann.age, bob.name) == ("Ann", 7, "Bob")


async def test_a_transaction_that_fails_leaves_nothing(contacts: SqlContacts) -> None:
    async with contacts.database.session() as session:
        await bulk_upsert(session, collection=Contact, rows=[{"email": "a"}], key_fields=["email"])
        await session.rollback()
    assert await contacts.read() == {}


async def test_of_concurrent_upserts_of_the_same_keys_one_is_the_last(contacts: SqlContacts) -> None:
    async def write(number: int) -> None:
        keys = [f"{key}" for key in range(300)]
        Random(number).shuffle(keys)
        await contacts.upsert([{"email": key, "age": number} for key in keys], batch_size=50)

    await asyncio.gather(*(write(number) for number in range(4)))
    assert len({contact.age for contact in (await contacts.read()).values()}) == 1


async def test_rows_with_different_fields_do_not_deadlock(contacts: SqlContacts) -> None:
    await contacts.upsert([{"email": f"{key}"} for key in range(300)])
    await write_in_six_tasks(contacts.upsert)


async def test_new_rows_conflict_only_where_the_server_locks_the_gaps_between_keys(contacts: SqlContacts) -> None:
    async def upsert(rows: list[dict[str, Any]]) -> object:
        try:
            return await contacts.upsert(rows)
        except ServiceUnavailableException:
            if not LOCKS_GAPS:
                raise
            return await upsert(rows)

    await write_in_six_tasks(upsert)
    assert len(await contacts.read()) == 300


async def write_in_six_tasks(upsert: Callable[[list[dict[str, Any]]], Awaitable[object]]) -> None:
    """Give each call other keys, and other fields for each of them, so that it makes other batches."""

    async def write(number: int) -> None:
        random = Random(number)
        for _ in range(6):
            keys = random.sample(range(300), 200)
            fields = [{name: number for name in ("age", "rating") if random.random() < 0.5} for _ in keys]
            await upsert([{"email": f"{key}", **each} for key, each in zip(keys, fields, strict=True)])

    await asyncio.gather(*(write(number) for number in range(6)))


async def test_the_fields_of_a_key_may_be_named_in_any_order(contacts: SqlContacts) -> None:
    async def write(number: int) -> None:
        random = Random(number)
        for _ in range(6):
            rows = [{"room": f"{key % 20}", "number": key, "guest": "x"} for key in random.sample(range(300), 200)]
            await contacts.upsert_seats(rows, key_fields=["room", "number"] if number % 2 else ["number", "room"])

    await asyncio.gather(*(write(number) for number in range(6)))
    assert len(await contacts.read_seats()) == 300


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("name", "x" * 21, "longer than 20 characters"),
        ("name", 5, "expected str, got int"),
        ("name", "a\0b", "NUL"),
        ("name", "\ud800", "surrogates"),
        ("age", 2**31, "out of the range from -2147483648 to 2147483647"),
        ("age", "5", "expected int, got str"),
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
    contacts: SqlContacts, field: str, value: object, fault: str
) -> None:
    rows = [{"email": "z"}, {"email": "b", field: value}, {"email": "a"}]
    with pytest.raises(ValueError, match=rf"'{field}' in row 1: .*{fault}"):
        await contacts.upsert(rows)
    assert await contacts.read() == {}


async def test_another_row_with_the_same_unique_value_is_a_conflict(contacts: SqlContacts) -> None:
    await contacts.upsert([{"email": "a", "code": "1"}, {"email": "b", "code": "2"}])
    for rows in (
        [{"email": "c", "code": "1", "name": "C"}],
        [{"email": "c", "code": "3"}, {"email": "d", "code": "1"}],
        [{"email": "a", "code": "2"}],
        [{"email": "c", "code": "4"}, {"email": "d", "code": "4"}],
    ):
        with pytest.raises(ConflictException):
            await contacts.upsert(rows)
    found = await contacts.read()
    assert {email: (contact.code, contact.name) for email, contact in found.items()} == {
        "a": ("1", None),
        "b": ("2", None),
    }


async def test_a_read_session_refuses_an_upsert(database: Database) -> None:
    async with database.read_session() as session:
        with pytest.raises(RuntimeError, match="only reads"):
            await bulk_upsert(session, collection=Contact, rows=[{"email": "a"}], key_fields=["email"])
