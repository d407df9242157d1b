"""Bulk upserts that are particular to MongoDB: any collection, its own ids, and its limits."""

import asyncio
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest
from bson import ObjectId

from kit.errors import ConflictException
from kit.mongo import MongoDBConnectionManager, UpsertCounts, bulk_upsert
from kit.mongo.driver import Database
from kit.mongo.upsert import writing
from kit.testing.contacts_in_mongodb import Contact, MongoContacts
from kit.tests.upserts.contacts import EMPTY, apply, random_rows

pytestmark = pytest.mark.anyio

EARLY, LATE = datetime(2001, 1, 1, tzinfo=UTC), datetime(2002, 2, 2, tzinfo=UTC)


@pytest.fixture
async def users(database: MongoDBConnectionManager) -> Database:
    """Return a database with a collection `users` that no document declares."""
    await database.database.drop_collection("users")
    await database.database.users.create_index("email", unique=True)
    return database.database


async def upsert(users: Database, *rows: dict[str, Any], **options: Any) -> UpsertCounts:
    return await bulk_upsert(users, collection="users", rows=rows, key_fields=["email"], **options)


async def test_a_collection_without_a_class_accepts_any_fields_and_gets_no_others(users: Database) -> None:
    row = {"email": "a", "age": 1, "nested": {"x": [1, None]}, "_id": "ignored", "id": 7}
    assert await upsert(users, row) == {"matched": 0, "modified": 0, "upserted": 1}
    assert await upsert(users, row) == {"matched": 1, "modified": 0, "upserted": 0}
    assert await upsert(users, row | {"age": 2}) == {"matched": 1, "modified": 1, "upserted": 0}
    stored = await users.users.find_one({})
    assert stored
    assert isinstance(stored.pop("_id"), ObjectId)
    assert stored == {"email": "a", "age": 2, "nested": {"x": [1, None]}, "id": 7}


async def test_an_updated_at_in_such_a_row_is_written_only_with_another_field(users: Database) -> None:
    await upsert(users, {"email": "a", "age": 1, "updated_at": EARLY}, set_on_insert={"made": 1})
    await users.users.update_one({"email": "a"}, {"$unset": {"made": ""}})
    assert (await upsert(users, {"email": "a", "age": 1, "updated_at": LATE}))["modified"] == 0
    assert (await users.users.find_one({}) or {})["updated_at"] == EARLY
    changed = {"email": "a", "age": 2, "updated_at": LATE}
    assert (await upsert(users, changed, set_on_insert={"made": 2}))["modified"] == 1
    stored = await users.users.find_one({}) or {}
    assert (stored["updated_at"], "made" in stored) == (LATE, False)


@pytest.mark.parametrize("field", ["$set", "a.b"])
async def test_a_field_that_would_be_an_operator_or_a_path_is_refused(users: Database, field: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a field"):
        await upsert(users, {"email": "a", field: 1})


async def test_a_key_that_looks_like_an_operator_is_a_value(users: Database) -> None:
    await upsert(users, {"email": "a"})
    with pytest.raises(ValueError, match="A key cannot be a list or a document"):
        await upsert(users, {"email": {"$gt": ""}, "age": 1})
    assert await users.users.count_documents({"age": 1}) == 0


async def test_a_list_is_checked_whole_before_it_is_written(users: Database) -> None:
    rows = [{"email": number} for number in range(1999)]
    for key, fault in ((date(2020, 5, 5), "'email': .*date"), (2**64, "'email': .*8-byte"), ("\ud800", "'email': ")):
        with pytest.raises(ValueError, match=fault) as error:
            await upsert(users, *rows, {"email": key})
        assert error.value.__notes__ == ["in row 1999"]
    assert await users.users.count_documents({}) == 0


async def test_keys_that_are_equal_only_in_python_are_different_keys(users: Database) -> None:
    rows = [{"email": key, "age": age} for age, key in enumerate((1, True, 1.0, False, 0))]
    assert await upsert(users, *rows) == {"matched": 0, "modified": 0, "upserted": 4}
    assert await upsert(users, *rows) == {"matched": 4, "modified": 0, "upserted": 0}
    stored = {repr(each["email"]): each["age"] async for each in users.users.find()}
    assert stored == {"1.0": 2, "True": 1, "False": 3, "0": 4}
    dated = [{"email": key, "age": 9, "updated_at": EARLY} for key in (1, True)]
    assert await upsert(users, *dated) == {"matched": 2, "modified": 2, "upserted": 0}
    assert await users.users.count_documents({"age": 9}) == 2


@pytest.mark.parametrize(
    ("field", "value"), [("$set", 1), ("a.b", 1), (1, 1), ("made", date(2020, 5, 5)), ("made", "x" * 17_000_000)]
)
@pytest.mark.parametrize("rows", [[], [{"email": "a"}]])
async def test_what_rows_may_not_have_cannot_be_set_on_insert(
    users: Database, rows: list[dict[str, Any]], field: Any, value: object
) -> None:
    with pytest.raises(ValueError, match=r"field|made|16777216"):
        await upsert(users, *rows, set_on_insert={field: value})
    assert await users.users.count_documents({}) == 0


@pytest.mark.parametrize(("field", "value"), [("nothing", 1), ("age", "x")])
async def test_what_a_class_does_not_have_cannot_be_set_on_insert(
    contacts: MongoContacts, field: str, value: object
) -> None:
    with pytest.raises(ValueError, match=f"'{field}'"):
        await contacts.upsert([], set_on_insert={field: value})


async def test_a_collection_without_the_index_says_what_to_add(users: Database) -> None:
    with pytest.raises(ValueError, match=r"add IndexModel\(\['name'\], unique=True\)"):
        await bulk_upsert(users, collection="users", rows=[{"name": "a"}], key_fields=["name"])


@pytest.mark.parametrize("key", ["_id", "id"])
async def test_an_id_can_be_the_key(users: Database, contacts: MongoContacts, key: str) -> None:
    id_ = UUID(int=7)
    if key == "id":
        assert await contacts.upsert([{"id": id_, "email": "a"}], key_fields=["id"]) == (0, 0, 1)
        assert (await contacts.read())["a"].id == id_
    else:
        rows = [{"_id": id_, "age": 1}]
        assert (await bulk_upsert(users, collection="users", rows=rows, key_fields=["_id"]))["upserted"] == 1
        assert await users.users.find_one({}) == {"_id": id_, "age": 1}


async def test_a_class_is_found_by_the_name_of_its_collection(
    contacts: MongoContacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.mongo.upsert.bulk.document_classes", lambda: [Contact])
    await contacts.upsert([{"email": "a"}], collection="scratch_contacts")
    assert (await contacts.read())["a"].source == "web"


async def test_numbers_beyond_64_bits_and_documents_beyond_16_mb_are_refused_with_their_row(users: Database) -> None:
    for value, fault in ((2**63, "8-byte"), ("x" * 17_000_000, "16777216")):
        with pytest.raises(ValueError, match=fault) as error:
            await upsert(users, {"email": "a"}, {"email": "b", "age": value})
        assert error.value.__notes__ == ["in row 1"]
    assert await users.users.count_documents({}) == 0


async def test_a_document_that_grows_beyond_16_mb_is_refused_with_its_row(users: Database) -> None:
    await upsert(users, {"email": "b", "old": "x" * 9_000_000})
    with pytest.raises(ValueError, match=r"(?i)size|large") as error:
        await upsert(users, {"email": "a"}, {"email": "b", "new": "x" * 9_000_000})
    assert error.value.__notes__ == ["in row 1"]


async def test_a_value_that_another_document_has_is_a_conflict(contacts: MongoContacts) -> None:
    await contacts.upsert([{"email": "a", "code": "1"}, {"email": "b", "code": "2"}])
    for rows in ([{"email": "c", "code": "1"}], [{"email": "a", "code": "2"}]):
        with pytest.raises(ConflictException):
            await contacts.upsert(rows)
    assert {email: contact.code for email, contact in (await contacts.read()).items()} == {"a": "1", "b": "2"}


async def test_null_is_not_the_same_as_missing(contacts: MongoContacts) -> None:
    await contacts.upsert([{"email": "a"}])
    collection = contacts.database.database.scratch_contacts
    await collection.update_one({}, {"$unset": {"age": ""}})
    assert await contacts.upsert([{"email": "a", "age": None}]) == (1, 1, 0)
    assert "age" in (await collection.find_one({}) or {})


@pytest.mark.parametrize("meanwhile", ["changed", "inserted", "deleted"])
async def test_what_another_writer_does_meanwhile_is_respected(
    contacts: MongoContacts, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    """Between reading and writing, another call changes, inserts or deletes the documents."""
    if meanwhile != "inserted":
        await contacts.upsert([{"email": "a", "age": 1}, {"email": "b", "age": 1}])
    read = writing.read_documents
    collection = contacts.database.database.scratch_contacts

    async def read_and_be_late(*arguments: Any) -> Any:
        monkeypatch.setattr(writing, "read_documents", read)
        found = await read(*arguments)
        if meanwhile == "deleted":
            await collection.delete_one({"email": "a"})
        else:
            await contacts.upsert([{"email": "a", "age": 2}])
        return found

    monkeypatch.setattr(writing, "read_documents", read_and_be_late)
    counts = await contacts.upsert([{"email": "a", "age": 2}, {"email": "b", "age": 2}])
    assert counts == {"changed": (2, 1, 0), "inserted": (1, 0, 1), "deleted": (1, 1, 1)}[meanwhile]
    assert [contact.age for contact in (await contacts.read()).values()] == [2, 2]


async def test_concurrent_upserts_with_a_composite_key_write_each_document_once(contacts: MongoContacts) -> None:
    rows = [{"room": "A", "number": number} for number in range(200)]
    counts = await asyncio.gather(*(contacts.upsert_seats(rows, key_fields=["room", "number"]) for _ in range(4)))
    assert sum(upserted for *_, upserted in counts) == 200
    assert [seat.number for seat in await contacts.read_seats()] == [*range(200)]


async def test_updates_without_reading_do_what_a_dictionary_does(
    contacts: MongoContacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read_nothing(*_: Any) -> None:
        pass

    monkeypatch.setattr(writing, "read_documents", read_nothing)
    random = Random(11)
    stored: dict[str, dict[str, Any]] = {}
    for _ in range(20):
        rows = list(random_rows(random))
        assert await contacts.upsert(rows) == apply(stored, rows)
        found = await contacts.read()
        assert {key: {name: getattr(found[key], name) for name in EMPTY} for key in found} == stored
        assert all(isinstance(contact.id, UUID) for contact in found.values())
