"""An SQL server that answers errors or freezes: a request gets a 503 in time, and the service recovers by itself."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
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
POOL = 5
LIMIT = 14.0  # seconds: the turn in the pool, a ping, the close of its connection, a new one, and some to spare
ROUTES = """
import asyncio
from fastapi import APIRouter, Request
from sqlalchemy import text
from kit.sql import ReadSessionDep, SessionDep, get_database

router = APIRouter()
FUNCTION = {
    "postgresql": "CREATE FUNCTION grow() RETURNS INT LANGUAGE sql AS 'INSERT INTO trials VALUES (9, 0) RETURNING 1'",
    "mysql": "CREATE FUNCTION grow() RETURNS INT BEGIN INSERT INTO trials VALUES (9, 0); RETURN 1; END",
}

@router.get("/write")
async def write(session: SessionDep) -> None:
    await session.execute(text("CREATE TABLE IF NOT EXISTS trials (id INT PRIMARY KEY, count INT)"))
    await session.execute(text("INSERT INTO trials VALUES ((SELECT coalesce(max(id), 0) + 1 FROM trials AS t), 0)"))

@router.get("/read")
async def read(session: ReadSessionDep) -> int:
    return (await session.execute(text("SELECT 1"))).scalar_one()

@router.get("/hold")
async def hold(session: ReadSessionDep) -> None:
    await session.execute(text("SELECT 1"))
    await asyncio.sleep(0.5)

@router.get("/function")
async def function(request: Request, session: SessionDep) -> None:
    await session.execute(text(FUNCTION[get_database(request.app).engines.writer.dialect.name]))

@router.get("/read/function")
async def read_function(session: ReadSessionDep) -> None:
    await session.execute(text("SELECT grow()"))

@router.get("/count")
async def count(session: SessionDep) -> int:
    return (await session.execute(text("SELECT count(*) FROM trials"))).scalar_one()

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
# Options that let a server refuse all writes of a connection.
ONLY_READS = {
    POSTGRES: "options=-c%20default_transaction_read_only%3Don",
    MYSQL: "init_command=SET%20SESSION%20TRANSACTION%20READ%20ONLY",
}
pytestmark = pytest.mark.combinations([POSTGRES, MYSQL])


@pytest.fixture
def running(environment: Environment, workspace: Path, settings: dict[str, str]) -> Iterator[Serving]:
    _write_routes(workspace)
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


def test_a_failover_costs_each_pooled_connection_one_503_at_most(
    environment: Environment, workspace: Path, settings: dict[str, str], server: Server
) -> None:
    """The former primary becomes read-only under its open connections, and its address leads to a new one."""
    _write_routes(workspace)
    address = server.forwarder()
    url = settings["DATABASE_URL"].replace(f":{server.port}/", f":{address.port}/")
    pool = {"DATABASE_URL": url, "DATABASE_POOL_SIZE": f"{POOL}"}
    with ExitStack() as stack:
        successor = stack.enter_context(closing(type(server)()))
        successor.start()
        address.start()
        stack.callback(address.stop)
        service = stack.enter_context(serving(environment, workspace, settings | SETTINGS | pool, workers=1))
        successor.create(url.rpartition("/")[2])
        assert service.get("/api/trials/write").status_code == 200
        assert {answer.status for answer in ask_at_once(service, ["/api/trials/hold"] * 2 * POOL)} == {200}
        with server.refusing():
            address.target = ("127.0.0.1", successor.port)
            statuses = [service.get("/api/trials/write").status_code for _ in range(4 * POOL)]
            assert service.get("/ready").status_code == 200
    assert statuses.count(503) in range(1, POOL + 1), statuses
    assert statuses.count(200) == 4 * POOL - statuses.count(503), statuses
    assert set(statuses[-POOL:]) == {200}


def test_with_connections_of_their_own_readers_cannot_call_a_function_that_writes(
    environment: Environment, workspace: Path, settings: dict[str, str], combination: Combination
) -> None:
    _write_routes(workspace)
    readers = {"DATABASE_READ_URL": f"{settings['DATABASE_URL']}?{ONLY_READS[combination]}"}
    with serving(environment, workspace, settings | SETTINGS | readers, workers=1) as service:
        paths = ["write", "function", "read/function", "count", "write", "count"]
        answers = [service.get(f"/api/trials/{path}") for path in paths]
    assert [answer.status_code for answer in answers] == [200, 200, 500, 200, 200, 200]
    assert [answers[3].json(), answers[5].json()] == [1, 2]


def _write_routes(workspace: Path) -> None:
    (workspace / "app/api/trials").mkdir(parents=True)
    (workspace / "app/api/trials/routes.py").write_text(ROUTES, "utf-8")
