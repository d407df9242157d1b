"""Indexes: created at the start, listed by `python -m app migrate`, and never changed silently."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

import pytest
from click.testing import CliRunner
from pydantic import SecretStr
from pymongo import IndexModel

from kit.mongo import Document, MongoDBConnectionManager, migrations
from kit.mongo.commands import migrate
from kit.mongo.documents import document_classes
from kit.mongo.indexes import IndexConflictError, find_indexes
from kit.testing.scratch_collections import scratch_collections
from kit.testing.service import given, started

pytestmark = pytest.mark.anyio


class Session(Document):
    collection: ClassVar = "scratch_sessions"
    indexes: ClassVar[Sequence[IndexModel]] = [
        IndexModel("token", unique=True),
        IndexModel([("user", 1), ("seen_at", -1)]),
        IndexModel([("notes", "text")]),
        IndexModel("expires_at", expireAfterSeconds=0),
    ]


class Changed(Session):
    indexes: ClassVar = [IndexModel("token")]


@pytest.fixture
async def sessions(database: MongoDBConnectionManager, monkeypatch: pytest.MonkeyPatch) -> MongoDBConnectionManager:
    """Return the database without the collection of the service's only document."""
    monkeypatch.setattr(migrations, "document_classes", lambda: [Session])
    await database.database.drop_collection(Session.collection)
    return database


async def existing(database: MongoDBConnectionManager) -> list[bool]:
    return [index.exists for index in await find_indexes(database.database, [Session])]


async def test_a_service_creates_the_missing_indexes_at_its_start(sessions: MongoDBConnectionManager) -> None:
    assert await existing(sessions) == [False] * 4
    await sessions.database[Session.collection].create_index("token", unique=True)
    async with started(given()):
        assert await existing(sessions) == [True] * 4
    information = await sessions.database[Session.collection].index_information()
    assert information["token_1"]["unique"]
    assert information["expires_at_1"]["expireAfterSeconds"] == 0
    assert information["notes_text"]["weights"] == {"notes": 1}
    assert information["user_1_seen_at_-1"]["key"] == [("user", 1), ("seen_at", -1)]


async def test_the_command_lists_the_indexes_and_those_that_it_created(sessions: MongoDBConnectionManager) -> None:
    await sessions.database[Session.collection].create_index("token", unique=True)
    first, second = [await asyncio.to_thread(CliRunner().invoke, migrate) for _ in range(2)]
    assert first.output.splitlines() == [
        "scratch_sessions.token_1: exists",
        "scratch_sessions.user_1_seen_at_-1: created",
        "scratch_sessions.notes_text: created",
        "scratch_sessions.expires_at_1: created",
    ]
    assert second.output.count("exists") == 4


async def test_an_index_that_differs_stops_the_start_with_the_difference(
    sessions: MongoDBConnectionManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrations.upgrade(sessions.database)
    monkeypatch.setattr(migrations, "document_classes", lambda: [Changed])
    with pytest.raises(
        IndexConflictError, match=r"scratch_sessions.token_1 .*Requested index: .*existing.* unique: true"
    ):
        async with started(given()):
            pass
    outcome = await asyncio.to_thread(CliRunner().invoke, migrate)
    assert (outcome.exit_code, "scratch_sessions.token_1 cannot be created" in outcome.output) == (1, True)


async def test_documents_that_an_index_does_not_allow_stop_the_start(sessions: MongoDBConnectionManager) -> None:
    await sessions.database[Session.collection].insert_many([{"token": "a"}, {"token": "a"}])
    with pytest.raises(IndexConflictError, match=r"token_1 .*duplicate key"):
        await migrations.upgrade(sessions.database)


async def test_a_server_that_does_not_answer_fails_the_command(
    unreachable_url: SecretStr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", unreachable_url.get_secret_value())
    monkeypatch.setenv("DATABASE_CONNECT_TIMEOUT", "0.1")
    outcome = await asyncio.to_thread(CliRunner().invoke, migrate)
    assert outcome.exit_code == 1
    assert "DATABASE_URL, mongodb://127.0.0.1:1/app, does not answer" in outcome.output
    assert "app:app" not in outcome.output


async def test_all_indexes_of_the_service_are_there(database: MongoDBConnectionManager) -> None:
    assert all(index.exists for index in await find_indexes(database.database, document_classes()))


async def test_scratch_collections_have_their_indexes(database: MongoDBConnectionManager) -> None:
    async with scratch_collections(database, Session):
        assert await existing(database) == [True] * 4
