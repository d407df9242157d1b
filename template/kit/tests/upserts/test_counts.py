"""Bulk upserts on every database: what they write, and what they count."""

import asyncio
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from kit.tests.upserts.contacts import EMPTY, Contacts, Counts, apply, names, normalised, random_rows

pytestmark = pytest.mark.anyio


async def test_new_changed_and_unchanged_rows_are_counted(contacts: Contacts) -> None:
    assert await contacts.upsert([{"email": "a", "name": "A"}, {"email": "b", "name": "B"}]) == (0, 0, 2)
    rows = [{"email": "a", "name": "A"}, {"email": "b", "name": "Bob"}, {"email": "c", "name": "C"}]
    assert await contacts.upsert(rows) == (2, 1, 1)
    assert await names(contacts) == {"a": "A", "b": "Bob", "c": "C"}


async def test_a_single_row_is_counted_too(contacts: Contacts) -> None:
    assert await contacts.upsert([{"email": "a", "name": None}]) == (0, 0, 1)
    assert await contacts.upsert([{"email": "a", "name": None}]) == (1, 0, 0)
    assert await contacts.upsert([{"email": "a", "name": "A"}]) == (1, 1, 0)
    assert await contacts.upsert([{"email": "a", "name": None}]) == (1, 1, 0)


async def test_rows_with_only_their_key_match(contacts: Contacts) -> None:
    assert await contacts.upsert([{"email": "a"}, {"email": "b"}]) == (0, 0, 2)
    assert await contacts.upsert([{"email": "a"}, {"email": "c"}]) == (1, 0, 1)


async def test_a_composite_key_is_all_of_its_fields(contacts: Contacts) -> None:
    rows = [{"room": room, "number": number, "guest": None} for room in "AB" for number in (1, 2)]
    by_place = {"key_fields": ["number", "room"]}
    assert await contacts.upsert_seats(rows, **by_place) == (0, 0, 4)
    assert await contacts.upsert_seats([{"room": "B", "number": 1, "guest": "Bo"}], **by_place) == (1, 1, 0)
    assert [seat.guest for seat in await contacts.read_seats()] == [None, None, "Bo", None]


async def test_what_key_func_returns_is_stored(contacts: Contacts) -> None:
    assert await contacts.upsert([{"email": " Ann@X.org ", "name": "Ann"}], key_func=normalised) == (0, 0, 1)
    rows = [{"email": "ann@x.org", "name": "one"}, {"email": "ANN@x.org", "name": "two"}]
    assert await contacts.upsert(rows, key_func=normalised) == (1, 1, 0)
    assert await names(contacts) == {"ann@x.org": "two"}


async def test_ids_in_rows_are_ignored(contacts: Contacts) -> None:
    id_ = uuid4()
    assert await contacts.upsert([{"_id": "x", "id": id_, "email": "a"}]) == (0, 0, 1)
    assert (await contacts.read())["a"].id != id_


async def test_an_id_can_be_the_key(contacts: Contacts) -> None:
    id_ = uuid4()
    assert await contacts.upsert([{"id": id_, "email": "a"}], key_fields=["id"]) == (0, 0, 1)
    assert await contacts.upsert([{"id": id_, "email": "b"}], key_fields=["id"]) == (1, 1, 0)
    assert (await contacts.read())["b"].id == id_


async def test_the_last_row_of_a_key_wins(contacts: Contacts) -> None:
    rows = [{"email": "a", "name": f"{number}"} for number in range(5)]
    assert await contacts.upsert(rows, batch_size=2) == (0, 0, 1)
    assert await names(contacts) == {"a": "4"}
    assert await contacts.upsert(iter(rows), batch_size=2) == (3, 3, 0)
    assert await names(contacts) == {"a": "4"}


async def test_keys_compare_by_their_bytes(contacts: Contacts) -> None:
    keys = ["a", "A", "á", "a ", "ä", "ß", "ss", "\U0001f600"]
    assert await contacts.upsert([{"email": key, "name": key} for key in keys]) == (0, 0, len(keys))
    assert await names(contacts) == {key: key for key in keys}


async def test_fields_that_a_row_lacks_are_left_alone_or_get_their_defaults(contacts: Contacts) -> None:
    assert await contacts.upsert([{"email": "a", "age": 1}, {"email": "b", "name": "B", "source": "fax"}]) == (0, 0, 2)
    assert await contacts.upsert([{"email": "a", "name": "A"}, {"age": 2, "email": "b"}]) == (2, 2, 0)
    found = await contacts.read()
    assert [(found[key].name, found[key].age, found[key].source) for key in "ab"] == [("A", 1, "web"), ("B", 2, "fax")]


async def test_fields_set_on_insert_are_not_set_on_update(contacts: Contacts) -> None:
    assert await contacts.upsert([{"email": "a"}], set_on_insert={"source": "import"}) == (0, 0, 1)
    rows = [{"email": "a", "name": "A"}, {"email": "b", "name": "B"}]
    assert await contacts.upsert(rows, set_on_insert={"source": "other"}) == (1, 1, 1)
    assert {email: contact.source for email, contact in (await contacts.read()).items()} == {
        "a": "import",
        "b": "other",
    }


async def test_updated_at_changes_only_with_another_field(contacts: Contacts) -> None:
    await contacts.upsert([{"email": "a", "name": "A"}, {"email": "b", "name": "B"}])
    before = await contacts.read()
    assert await contacts.upsert([{"email": "a", "name": "A"}, {"email": "b", "name": "Bob"}]) == (2, 1, 0)
    after = await contacts.read()
    assert after["a"].updated_at == before["a"].updated_at
    assert after["b"].updated_at > before["b"].updated_at
    assert all((after[key].id, after[key].created_at) == (before[key].id, before[key].created_at) for key in "ab")


async def test_an_updated_at_in_the_row_is_written_only_with_another_field(contacts: Contacts) -> None:
    early, late = datetime(2001, 1, 1, tzinfo=UTC), datetime(2002, 2, 2, tzinfo=UTC)
    assert await contacts.upsert([{"email": "a", "name": "A", "updated_at": early}]) == (0, 0, 1)
    assert await contacts.upsert([{"email": "a", "name": "A", "updated_at": late}]) == (1, 0, 0)
    assert (await contacts.read())["a"].updated_at == early
    assert await contacts.upsert([{"email": "a", "name": "B", "updated_at": late}]) == (1, 1, 0)
    assert (await contacts.read())["a"].updated_at == late


async def test_concurrent_upserts_of_the_same_keys_write_each_row_once(contacts: Contacts) -> None:
    async def write(number: int) -> Counts:
        keys = [f"{key}" for key in range(300)]
        Random(number).shuffle(keys)
        return await contacts.upsert([{"email": key, "age": number} for key in keys], batch_size=50)

    for expected in (300, 0):
        counts = await asyncio.gather(*(write(number) for number in range(4)))
        assert sum(upserted for _, _, upserted in counts) == expected
        assert sum(matched for matched, _, _ in counts) == 1200 - expected
    assert len(await contacts.read()) == 300


async def test_random_batches_do_what_a_dictionary_does(contacts: Contacts) -> None:
    random = Random(7)
    stored: dict[str, dict[str, Any]] = {}
    for _ in range(40):
        rows = list(random_rows(random))
        if random.random() < 0.5:
            assert await contacts.upsert(rows, batch_size=50) == apply(stored, rows)
        else:
            parts = [apply(stored, rows[start : start + 50]) for start in range(0, len(rows), 50)]
            assert await contacts.upsert(iter(rows), batch_size=50) == tuple(map(sum, zip(*parts, strict=True)))
        found = await contacts.read()
        assert {key: {name: getattr(found[key], name) for name in EMPTY} for key in found} == stored
