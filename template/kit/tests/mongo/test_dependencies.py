"""The database in routes."""

from typing import Annotated

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from pymongo import ReadPreference

from kit.mongo import MongoDBConnectionManager, ReadSessionDep, SessionDep, session_of
from kit.mongo.dependencies import session
from kit.mongo.driver import Database
from kit.mongo.settings import DatabaseOptions, DatabaseSettings, FurtherDatabasesSettings
from kit.testing.service import ask, given, started

pytestmark = pytest.mark.anyio


def add_routes(app: FastAPI) -> None:
    @app.post("/notes/{title}", status_code=201)
    async def create(title: str, db: SessionDep) -> None:  # pyright: ignore[reportUnusedFunction]
        await db.scratch_notes.insert_one({"title": title})

    @app.get("/notes")
    async def titles(db: ReadSessionDep) -> list[str]:  # pyright: ignore[reportUnusedFunction]
        return await db.scratch_notes.distinct("title")


async def test_what_a_route_writes_is_stored_and_a_duplicate_key_is_a_409(
    app: FastAPI, notes: MongoDBConnectionManager
) -> None:
    assert notes
    add_routes(app)
    async with ask(app) as client:
        assert [(await client.post("/notes/a")).status_code for _ in range(2)] == [201, 409]
        assert (await client.get("/notes")).json() == ["a"]


async def test_a_route_can_use_a_further_database() -> None:
    reports = DatabaseOptions(url=DatabaseSettings().url, read_preference="nearest")
    async with started(given(), FurtherDatabasesSettings(databases={"reports": reports})) as app, ask(app) as client:

        @app.get("/answer")
        async def answer(  # pyright: ignore[reportUnusedFunction]
            session: Annotated[Database, session_of("reports")],
        ) -> float:
            return (await session.command("ping"))["ok"]

        assert (await client.get("/answer")).json() == 1
        assert (await client.get("/ready")).json()["checks"].keys() >= {"database", "database reports"}


async def test_sessions_that_read_use_the_read_preference() -> None:
    settings = DatabaseSettings(read_preference="secondaryPreferred")
    async with (
        MongoDBConnectionManager(settings) as database,
        database.read_session() as reading,
        database.session() as writing,
    ):
        assert reading.read_preference == ReadPreference.SECONDARY_PREFERRED
        assert writing.read_preference == ReadPreference.PRIMARY


async def test_a_session_can_be_replaced_in_tests(app: FastAPI, database_url: str) -> None:
    add_routes(app)
    async with MongoDBConnectionManager(DatabaseSettings(url=SecretStr(database_url))) as other, ask(app) as client:
        app.dependency_overrides[session] = lambda: other.database.client["test_other"]
        assert (await client.post("/notes/a")).status_code == 201
        assert await other.database.client["test_other"].scratch_notes.count_documents({}) == 1
        await other.database.client.drop_database("test_other")
