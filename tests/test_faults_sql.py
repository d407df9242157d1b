"""An SQL server that answers errors or freezes: a request gets a 503 in time, and the service recovers by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.combinations import Combination
from tests.environments import Environment
from tests.faults import ask_at_once, assert_503_in_time, assert_stops_while_frozen
from tests.servers import Server
from tests.serving import Serving, serving

POSTGRES = Combination((("database", "postgres"), ("scheduler", "none"), ("store", "none"), ("example", False)))
MYSQL = POSTGRES.but(database="mysql")
SETTINGS = {"DATABASE_TIMEOUT": "3", "DATABASE_CONNECT_TIMEOUT": "2", "DATABASE_POOL_TIMEOUT": "3"}
LIMIT = 14.0  # seconds: the turn in the pool, a ping, the close of its connection, a new one, and some to spare
ROUTES = """
import asyncio
from fastapi import APIRouter, Request
from sqlalchemy import text
from kit.sql import ReadSessionDep, SessionDep, get_database

router = APIRouter()

@router.get("/write")
async def write(session: SessionDep) -> None:
    await session.execute(text("CREATE TABLE IF NOT EXISTS trials (id INT PRIMARY KEY, count INT)"))
    await session.execute(text("INSERT INTO trials VALUES ((SELECT coalesce(max(id), 0) + 1 FROM trials AS t), 0)"))

@router.get("/read")
async def read(session: ReadSessionDep) -> int:
    return (await session.execute(text("SELECT 1"))).scalar_one()

@router.get("/deadlock")
async def deadlock(request: Request) -> None:
    both_hold_one = asyncio.Barrier(2)

    async def change(first: int, second: int) -> None:
        async with get_database(request.app).session() as session:
            await session.execute(text("UPDATE trials SET count = count + 1 WHERE id = :id"), {"id": first})
            await both_hold_one.wait()
            await session.execute(text("UPDATE trials SET count = count + 1 WHERE id = :id"), {"id": second})

    results = await asyncio.gather(change(1, 2), change(2, 1), return_exceptions=True)
    for error in filter(None, results):
        raise error
"""
pytestmark = pytest.mark.combinations([POSTGRES, MYSQL])


@pytest.fixture
def running(environment: Environment, workspace: Path, settings: dict[str, str]) -> Iterator[Serving]:
    (workspace / "app/api/trials").mkdir(parents=True)
    (workspace / "app/api/trials/routes.py").write_text(ROUTES, "utf-8")
    with serving(environment, workspace, settings | SETTINGS, workers=1) as service:
        assert service.get("/api/trials/write").status_code == 200
        yield service


@pytest.fixture
def server(behind: dict[str, Server]) -> Server:
    return behind["DATABASE_URL"]


def test_a_server_that_is_read_only_is_a_503_and_the_service_recovers(running: Serving, server: Server) -> None:
    with server.refusing():
        answer = running.get("/api/trials/write")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert running.get("/api/trials/read").status_code == 200
        assert running.get("/ready").status_code == 503
        assert running.get("/health").status_code == 200
    running.wait_for(200)
    assert running.get("/api/trials/write").status_code == 200


def test_a_frozen_server_is_a_503_in_time_and_the_service_recovers(running: Serving, server: Server) -> None:
    paths = [*["/api/trials/write", "/api/trials/read"] * 12, "/ready", "/health/db", *["/health"] * 3]
    with server.frozen():
        answers = ask_at_once(running, paths)
    assert_503_in_time(answers, LIMIT, "/health")
    running.wait_for(200)
    assert running.get("/api/trials/write").status_code == 200


def test_a_frozen_server_does_not_keep_the_service_from_stopping(running: Serving, server: Server) -> None:
    assert_stops_while_frozen(running, server, "/api/trials/write", LIMIT)


def test_a_deadlock_is_a_503_that_can_be_tried_again(running: Serving) -> None:
    assert running.get("/api/trials/write").status_code == 200
    answer = running.get("/api/trials/deadlock")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1"), running.program.output()
