"""A session that only reads."""

from collections.abc import AsyncGenerator
from inspect import isawaitable
from typing import Any

import pytest
from pymongo import ReadPreference

from kit.mongo import BaseRepository, MongoDBConnectionManager
from kit.mongo.driver import Database
from kit.mongo.reading import WRITES_OF_COLLECTION, WRITES_OF_DATABASE
from kit.testing.scratch_collections import Note

pytestmark = pytest.mark.anyio

ROW: dict[str, Any] = {"title": "b"}


@pytest.fixture
async def reading(notes: MongoDBConnectionManager) -> AsyncGenerator[Database]:
    """Yield a session on one note; it must be the same after the test."""
    async with notes.session() as session:
        await BaseRepository[Note, Any](Note, session).create(title="a")
    collections = set(await notes.database.list_collection_names())
    async with notes.read_session() as session:
        yield session
    assert await notes.database.scratch_notes.distinct("title") == ["a"]
    assert set(await notes.database.list_collection_names()) == collections


async def call(method: Any, *arguments: Any) -> None:
    result = method(*arguments)
    if isawaitable(result):
        await result


async def test_it_reads(reading: Database) -> None:
    repository = BaseRepository[Note, Any](Note, reading)
    [note] = await repository.get_all()
    assert await repository.get_by_id(note.id) == note
    assert await repository.count() == 1
    assert await reading.scratch_notes.distinct("title") == ["a"]
    assert (await reading.command("ping"))["ok"] == 1
    assert (await reading.command({"count": "scratch_notes"}))["n"] == 1


@pytest.mark.parametrize("method", WRITES_OF_COLLECTION)
async def test_a_collection_refuses_each_method_that_writes(reading: Database, method: str) -> None:
    notes: Any = reading.scratch_notes  # the types of a driver are not complete
    for collection in (
        notes,
        reading["scratch_notes"],
        reading.get_collection("scratch_notes"),
        notes.with_options(read_preference=ReadPreference.NEAREST),
        reading.with_options(read_preference=ReadPreference.NEAREST).scratch_notes,
        reading.scratch.notes,
    ):
        with pytest.raises(RuntimeError, match="only reads"):
            await call(getattr(collection, method), ROW, ROW)


@pytest.mark.parametrize("method", WRITES_OF_DATABASE)
async def test_a_database_refuses_each_method_that_writes(reading: Database, method: str) -> None:
    with pytest.raises(RuntimeError, match="only reads"):
        await call(getattr(reading, method), "scratch_notes")


@pytest.mark.parametrize("stage", [{"$out": "other"}, {"$merge": "other"}], ids=str)
async def test_a_pipeline_that_writes_is_refused(reading: Database, stage: dict[str, Any]) -> None:
    for method in (reading.scratch_notes.aggregate, reading.scratch_notes.aggregate_raw_batches, reading.aggregate):
        with pytest.raises(RuntimeError, match="only reads"):
            await call(method, [{"$match": {}}, stage])
    with pytest.raises(RuntimeError, match="only reads"):
        await reading.command("aggregate", "scratch_notes", pipeline=[stage], cursor={})


@pytest.mark.parametrize(
    "command",
    ["dropDatabase", {"insert": "scratch_notes", "documents": [ROW]}, {"drop": "scratch_notes"}, {"create": "other"}],
    ids=str,
)
async def test_a_command_that_writes_is_refused(reading: Database, command: Any) -> None:
    for method in (reading.command, reading.cursor_command):
        with pytest.raises(RuntimeError, match="only reads"):
            await call(method, command)


async def test_a_repository_refuses_to_write(reading: Database) -> None:
    repository = BaseRepository[Note, Any](Note, reading)
    [note] = await repository.get_all()
    for write in (repository.create(title="b"), repository.update(note.id, title="b"), repository.delete(note.id)):
        with pytest.raises(RuntimeError, match="only reads"):
            await write
