"""Bulk upserts: what they write, and what they count."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.sql import Base, Database, UpsertCounts, bulk_upsert
from tests.sql.conftest import Scratch, statements
from tests.sql.contacts import Contact, Kind, Seat, contacts, names, normalised, upsert

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(notes: Database) -> Database:
    """Give the database with empty tables of contacts and of seats."""
    return notes


async def test_new_changed_and_unchanged_rows_are_counted(database: Database) -> None:
    assert await upsert(database, [{"email": "a", "name": "A"}, {"email": "b", "name": "B"}]) == (0, 0, 2)
    rows = [{"email": "a", "name": "A"}, {"email": "b", "name": "Bob"}, {"email": "c", "name": "C"}]
    assert await upsert(database, rows) == (2, 1, 1)
    assert await names(database) == {"a": "A", "b": "Bob", "c": "C"}


async def test_a_single_row_is_counted_too(database: Database) -> None:
    assert await upsert(database, [{"email": "a", "name": None}]) == (0, 0, 1)
    assert await upsert(database, [{"email": "a", "name": None}]) == (1, 0, 0)
    assert await upsert(database, [{"email": "a", "name": "A"}]) == (1, 1, 0)
    assert await upsert(database, [{"email": "a", "name": None}]) == (1, 1, 0)


async def test_rows_of_nothing_but_their_key_match(database: Database) -> None:
    assert await upsert(database, [{"email": "a"}, {"email": "b"}]) == (0, 0, 2)
    assert await upsert(database, [{"email": "a"}, {"email": "c"}]) == (1, 0, 1)


@pytest.mark.parametrize("rows", [[], (), iter([])])
async def test_no_rows_are_no_statement(database: Database, rows: Any) -> None:
    with statements(database.engines.writer) as seen:
        assert await upsert(database, rows) == (0, 0, 0)
    assert seen == []


async def test_many_rows_are_few_statements(database: Database) -> None:
    rows = [{"email": f"{number}", "age": number} for number in range(500)]
    with statements(database.engines.writer) as seen:
        assert await upsert(database, rows) == (0, 0, 500)
        assert await upsert(database, rows, batch_size=250) == (500, 0, 0)
    assert len(seen) < 10


async def test_a_composite_key_is_all_of_its_fields(database: Database) -> None:
    rows = [{"room": room, "number": number, "guest": None} for room in "AB" for number in (1, 2)]
    options: dict[str, Any] = {"collection": Seat, "key_fields": ["number", "room"]}
    assert await upsert(database, rows, **options) == (0, 0, 4)
    assert await upsert(database, [{"room": "B", "number": 1, "guest": "Bo"}], **options) == (1, 1, 0)
    async with database.read_session() as session:
        seats = (await session.scalars(select(Seat).order_by(Seat.room, Seat.number))).all()
    assert [seat.guest for seat in seats] == [None, None, "Bo", None]


async def test_a_table_goes_by_its_name(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Base, "metadata", Scratch.metadata)
    assert await upsert(database, [{"email": "a"}], collection="scratch_contacts") == (0, 0, 1)
    with pytest.raises(ValueError, match=r"no table 'contacts'.* scratch_contacts, scratch_notes"):
        await upsert(database, [{"email": "a"}], collection="contacts")


async def test_what_key_func_returns_is_stored(database: Database) -> None:
    assert await upsert(database, [{"email": " Ann@X.org ", "name": "Ann"}], key_func=normalised) == (0, 0, 1)
    rows = [{"email": "ann@x.org", "name": "one"}, {"email": "ANN@x.org", "name": "two"}]
    assert await upsert(database, rows, key_func=normalised) == (1, 1, 0)
    assert await names(database) == {"ann@x.org": "two"}


async def test_ids_in_rows_are_ignored(database: Database) -> None:
    id_ = uuid4()
    assert await upsert(database, [{"_id": "x", "id": id_, "email": "a"}]) == (0, 0, 1)
    assert (await contacts(database))["a"].id != id_


async def test_an_id_can_be_the_key(database: Database) -> None:
    id_ = uuid4()
    assert await upsert(database, [{"id": id_, "email": "a"}], key_fields=["id"]) == (0, 0, 1)
    assert await upsert(database, [{"id": id_, "email": "b"}], key_fields=["id"]) == (1, 1, 0)
    assert (await contacts(database))["b"].id == id_


async def test_the_last_row_of_a_key_wins(database: Database) -> None:
    rows = [{"email": "a", "name": f"{number}"} for number in range(5)]
    assert await upsert(database, rows, batch_size=2) == (0, 0, 1)
    assert await names(database) == {"a": "4"}
    assert await upsert(database, iter(rows), batch_size=2) == (3, 3, 0)
    assert await names(database) == {"a": "4"}


async def test_keys_compare_by_their_bytes(database: Database) -> None:
    keys = ["a", "A", "á", "a ", "ä", "ß", "ss", "\U0001f600"]
    assert await upsert(database, [{"email": key, "name": key} for key in keys]) == (0, 0, len(keys))
    assert await names(database) == {key: key for key in keys}


async def test_fields_that_a_row_lacks_are_left_alone_or_get_their_defaults(database: Database) -> None:
    assert await upsert(database, [{"email": "a", "age": 1}, {"email": "b", "name": "B", "source": "fax"}]) == (0, 0, 2)
    assert await upsert(database, [{"email": "a", "name": "A"}, {"age": 2, "email": "b"}]) == (2, 2, 0)
    found = await contacts(database)
    assert [(found[key].name, found[key].age, found[key].source) for key in "ab"] == [("A", 1, "web"), ("B", 2, "fax")]


async def test_fields_set_on_insert_are_not_set_on_update(database: Database) -> None:
    assert await upsert(database, [{"email": "a"}], set_on_insert={"source": "import"}) == (0, 0, 1)
    rows = [{"email": "a", "name": "A"}, {"email": "b", "name": "B"}]
    assert await upsert(database, rows, set_on_insert={"source": "other"}) == (1, 1, 1)
    assert {email: contact.source for email, contact in (await contacts(database)).items()} == {
        "a": "import",
        "b": "other",
    }


async def test_updated_at_moves_only_with_another_field(database: Database) -> None:
    await upsert(database, [{"email": "a", "name": "A"}, {"email": "b", "name": "B"}])
    before = await contacts(database)
    assert await upsert(database, [{"email": "a", "name": "A"}, {"email": "b", "name": "Bob"}]) == (2, 1, 0)
    after = await contacts(database)
    assert after["a"].updated_at == before["a"].updated_at
    assert after["b"].updated_at > before["b"].updated_at
    assert all((after[key].id, after[key].created_at) == (before[key].id, before[key].created_at) for key in "ab")


async def test_an_updated_at_of_the_row_goes_with_another_field(database: Database) -> None:
    early, late = datetime(2001, 1, 1, tzinfo=UTC), datetime(2002, 2, 2, tzinfo=UTC)
    assert await upsert(database, [{"email": "a", "name": "A", "updated_at": early}]) == (0, 0, 1)
    assert await upsert(database, [{"email": "a", "name": "A", "updated_at": late}]) == (1, 0, 0)
    assert (await contacts(database))["a"].updated_at == early
    assert await upsert(database, [{"email": "a", "name": "B", "updated_at": late}]) == (1, 1, 0)
    assert (await contacts(database))["a"].updated_at == late


async def test_values_go_through_the_types_of_their_columns(database: Database) -> None:
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
    assert await upsert(database, [row]) == (0, 0, 1)
    assert await upsert(database, [row]) == (1, 0, 0)
    contact = (await contacts(database))["a"]
    assert {name: getattr(contact, name) for name in row} == row
    assert contact.seen_at is not None
    assert contact.seen_at.tzinfo is UTC


async def test_objects_of_the_session_see_what_was_upserted(database: Database) -> None:
    async with database.session() as session:
        ann, bob = Contact(email="ann", name="A"), Contact(email="bob", name="B")
        session.add(ann)
        await session.flush()
        session.add(bob)  # not yet written
        ann.age = 7
        rows = [{"email": "ann", "name": "Ann"}, {"email": "bob", "name": "Bob"}]
        counts = await bulk_upsert(session, collection=Contact, rows=rows, key_fields=["email"])
        assert counts == UpsertCounts(matched=2, modified=2, upserted=0)
        assert (ann.name, ann.age, bob.name) == ("Ann", 7, "Bob")


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    async with database.session() as session:
        await bulk_upsert(session, collection=Contact, rows=[{"email": "a"}], key_fields=["email"])
        await session.rollback()
    assert await contacts(database) == {}


async def test_concurrent_upserts_of_the_same_keys_write_each_row_once(database: Database) -> None:
    async def write(number: int) -> tuple[int, int, int]:
        keys = [f"{key}" for key in range(300)]
        Random(number).shuffle(keys)
        return await upsert(database, [{"email": key, "age": number} for key in keys], batch_size=50)

    for expected in (300, 0):
        counts = await asyncio.gather(*(write(number) for number in range(4)))
        assert sum(upserted for _, _, upserted in counts) == expected
        assert sum(matched for matched, _, _ in counts) == 1200 - expected
    found = await contacts(database)
    assert len(found) == 300
    assert len({contact.age for contact in found.values()}) == 1


FIELDS: dict[str, Sequence[Any]] = {
    "name": (None, "a", "A", "á"),
    "age": (None, 0, 1),
    "seen_at": (None, datetime(2020, 1, 1, tzinfo=UTC)),
    "kind": tuple(Kind),
    "details": ({}, {"a": 1}),
}
EMPTY: dict[str, Any] = {"name": None, "age": None, "seen_at": None, "kind": Kind.PERSON, "details": None}


def random_rows(random: Random) -> Iterator[dict[str, Any]]:
    shapes = [random.sample(sorted(FIELDS), random.randint(0, len(FIELDS))) for _ in range(random.choice([1, 3]))]
    for _ in range(random.choice([1, 1, 2, 5, 60, 300])):
        yield {"email": f"{random.randrange(400)}"} | {
            name: random.choice(FIELDS[name]) for name in random.choice(shapes)
        }


def apply(stored: dict[str, dict[str, Any]], rows: Sequence[Mapping[str, Any]]) -> tuple[int, int, int]:
    """Do to a dictionary what an upsert does to the table."""
    matched = modified = upserted = 0
    for email, row in {row["email"]: row for row in rows}.items():
        before = stored.get(email)
        stored[email] = {**(before or EMPTY), **{name: row[name] for name in row if name != "email"}}
        matched += before is not None
        modified += before is not None and before != stored[email]
        upserted += before is None
    return matched, modified, upserted


async def test_random_batches_do_what_a_dictionary_does(database: Database) -> None:
    random = Random(7)
    stored: dict[str, dict[str, Any]] = {}
    for _ in range(40):
        rows = list(random_rows(random))
        if random.random() < 0.5:
            assert await upsert(database, rows, batch_size=50) == apply(stored, rows)
        else:
            parts = [apply(stored, rows[start : start + 50]) for start in range(0, len(rows), 50)]
            assert await upsert(database, iter(rows), batch_size=50) == tuple(map(sum, zip(*parts, strict=True)))
        found = await contacts(database)
        assert {key: {name: getattr(found[key], name) for name in EMPTY} for key in found} == stored
