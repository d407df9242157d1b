"""The queries that all documents share."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from kit.mongo import BaseRepository, MongoDBConnectionManager
from kit.testing.scratch_collections import Note

pytestmark = pytest.mark.anyio


class NoteRepository(BaseRepository[Note, UUID]):
    key_fields = ("title",)


@pytest.fixture
def repository(notes: MongoDBConnectionManager) -> NoteRepository:
    return NoteRepository(Note, notes.database)


async def test_a_document_is_created_read_changed_and_deleted(repository: NoteRepository) -> None:
    note = await repository.create(title="a")
    assert await repository.get_by_id(note.id) == note
    changed = await repository.update(note.id, stars=2)
    assert changed
    assert (changed.title, changed.stars, changed.created_at) == ("a", 2, note.created_at)
    assert changed.updated_at > note.updated_at
    assert await repository.get_by_id(note.id) == changed
    assert await repository.delete(note.id)
    assert not await repository.delete(note.id)


async def test_a_document_that_does_not_exist_is_none(repository: NoteRepository) -> None:
    assert await repository.get_by_id(uuid4()) is None
    assert await repository.update(uuid4(), title="b") is None


async def test_an_update_that_changes_nothing_leaves_the_time_alone(repository: NoteRepository) -> None:
    note = await repository.create(title="a", stars=1)
    assert await repository.update(note.id, stars=1) == note
    assert await repository.update(note.id) == note


async def test_of_concurrent_deletes_of_a_document_one_succeeds(repository: NoteRepository) -> None:
    note = await repository.create(title="a")
    outcomes = await asyncio.gather(*(repository.delete(note.id) for _ in range(8)))
    assert sum(outcomes) == 1


@pytest.mark.parametrize(("values", "error"), [({"colour": "red"}, TypeError), ({"stars": "many"}, ValueError)])
async def test_an_unknown_field_and_a_value_that_does_not_fit_are_errors(
    repository: NoteRepository, values: dict[str, Any], error: type[Exception]
) -> None:
    note = await repository.create(title="a")
    with pytest.raises(error, match=next(iter(values))):
        await repository.update(note.id, **values)
    assert await repository.get_by_id(note.id) == note


async def test_documents_come_in_the_order_of_their_creation(repository: NoteRepository) -> None:
    created = [await repository.create(title=title) for title in "dacb"]
    assert await repository.get_all() == created
    assert await repository.get_all(limit=2, offset=1) == created[1:3]
    assert await repository.get_all(limit=0) == []
    first = await repository.get_page(None, 3)
    assert (first.items, first.next) == (created[:3], created[2].id)
    assert (await repository.get_page(first.next, 3)).items == created[3:]
    assert (await repository.get_page(None, 4)).next is None


async def test_documents_can_be_filtered_and_counted(repository: NoteRepository) -> None:
    for number, title in enumerate("abc"):
        await repository.create(title=title, stars=number)
    assert await repository.count() == 3
    assert await repository.count({"stars": {"$gt": 0}}) == 2
    assert await repository.count({"stars": {"$gt": 0}}, title="b") == 1
    assert [note.title for note in (await repository.get_page(None, 9, {"stars": {"$gt": 0}})).items] == ["b", "c"]


async def test_a_page_is_found_by_its_key_and_not_by_counting(repository: NoteRepository) -> None:
    created = [await repository.create(title=f"{number}") for number in range(200)]
    where = {"$and": [{"$expr": {"$gt": ["$_id", {"$literal": created[190].id}]}}, {}, {}]}
    plan = await repository.collection.find(where).sort("_id", 1).limit(5).explain()
    assert plan["executionStats"]["totalKeysExamined"] <= 6


async def test_many_rows_are_upserted_by_the_key_of_the_repository(repository: NoteRepository) -> None:
    await repository.create(title="a")
    counts = await repository.bulk_upsert([{"title": "a", "stars": 1}, {"title": "b", "stars": 2}])
    assert counts == {"matched": 1, "modified": 1, "upserted": 1}
    assert {note.title: note.stars for note in await repository.get_all()} == {"a": 1, "b": 2}


async def test_the_key_of_a_document_cannot_change(repository: NoteRepository) -> None:
    note = await repository.create(title="a")
    for values in ({"id": uuid4()}, {"id": note.id}, {"id": uuid4(), "stars": 2}):
        with pytest.raises(ValueError, match="'id' is the key of Note and cannot change"):
            await repository.update(note.id, **values)
    assert await repository.get_all() == [note]
