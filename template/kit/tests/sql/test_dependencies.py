"""Sessions in routes: a commit that fails is not reported as success."""

from collections.abc import AsyncGenerator
from typing import Annotated

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.settings import Environment, Settings
from kit.sql import Database, ReadSessionDep, SessionDep, session_of
from kit.sql.dependencies import session
from kit.sql.settings import DatabaseOptions, DatabaseSettings, FurtherDatabasesSettings
from kit.testing.scratch_tables import Note
from kit.testing.service import ask, started

pytestmark = pytest.mark.anyio


def add_routes(app: FastAPI) -> None:
    @app.post("/notes/{title}", status_code=201)
    async def create(title: str, db: SessionDep) -> None:  # pyright: ignore[reportUnusedFunction]
        db.add(Note(title=title))

    @app.get("/notes")
    async def titles(db: ReadSessionDep) -> list[str]:  # pyright: ignore[reportUnusedFunction]
        return list(await db.scalars(select(Note.title)))


async def test_what_a_route_writes_is_stored_when_it_has_answered(app: FastAPI, notes: Database) -> None:
    assert notes
    add_routes(app)
    async with ask(app) as client:
        assert (await client.post("/notes/a")).status_code == 201
        assert (await client.get("/notes")).json() == ["a"]


async def test_a_commit_that_fails_is_not_reported_as_success(app: FastAPI, notes: Database) -> None:
    assert notes
    add_routes(app)
    async with ask(app) as client:
        assert [(await client.post("/notes/a")).status_code for _ in range(2)] == [201, 409]


async def test_a_database_that_does_not_answer_is_a_503(unreachable_url: SecretStr) -> None:
    settings = (Settings(environment=Environment.DEVELOPMENT), DatabaseSettings(url=unreachable_url))
    async with started(*settings) as app, ask(app) as client:
        add_routes(app)
        for answer in (await client.post("/notes/a"), await client.get("/notes")):
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")


async def test_a_route_can_use_a_further_database() -> None:
    reports = DatabaseOptions(url=DatabaseSettings().url)
    settings = (
        Settings(environment=Environment.DEVELOPMENT),
        FurtherDatabasesSettings(databases={"reports": reports}),
    )
    async with started(*settings) as app, ask(app) as client:

        @app.get("/answer")
        async def answer(  # pyright: ignore[reportUnusedFunction]
            session: Annotated[AsyncSession, session_of("reports")],
        ) -> int:
            return (await session.execute(select(literal(42)))).scalar_one()

        assert (await client.get("/answer")).json() == 42
        assert {"database", "database reports"} <= (await client.get("/ready")).json()["checks"].keys()


async def test_a_session_can_be_replaced_in_tests(app: FastAPI, notes: Database) -> None:
    async def given_up() -> AsyncGenerator[AsyncSession]:
        async with notes.session() as opened:
            yield opened
            await opened.rollback()

    add_routes(app)
    app.dependency_overrides[session] = given_up
    async with ask(app) as client:
        assert (await client.post("/notes/a")).status_code == 201
        assert (await client.get("/notes")).json() == []
