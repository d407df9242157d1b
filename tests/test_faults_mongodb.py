"""A MongoDB that answers errors, freezes or is killed: a request gets a 503 in time, and no confirmed write is lost."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import count, takewhile
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from pymongo import MongoClient

from tests.combinations import Combination
from tests.environments import Environment
from tests.faults import ask_at_once, assert_503_in_time, assert_stops_while_frozen
from tests.servers import Server
from tests.servers.mongodb import SMALL, binary
from tests.servers.ports import free_port
from tests.servers.program import Program
from tests.servers.waiting import wait_until
from tests.serving import Serving, serving

PYMONGO = Combination((("database", "mongodb"), ("scheduler", "none"), ("store", "none"), ("example", False)))
MOTOR = PYMONGO.but(mongodb_driver="motor")
WRITERS = 8
SETTINGS = {"DATABASE_TIMEOUT": "3", "DATABASE_CONNECT_TIMEOUT": "2"}
LIMIT = 9.0  # seconds: two tries, or until the driver sees that the server is frozen, and some to spare
ROUTES = """
from inspect import isawaitable
from fastapi import APIRouter
from kit.mongo import ReadSessionDep, SessionDep, bulk_upsert

router = APIRouter()

@router.get("/write")
async def write(session: SessionDep) -> None:
    await session.trials.insert_one({"text": "written"})

@router.get("/write/{number}")
async def write_number(number: int, session: SessionDep) -> None:
    await session.trials.insert_one({"_id": number})

@router.get("/bulk")
async def bulk(session: SessionDep) -> None:
    rows = [{"_id": number, "text": "written"} for number in range(10)]
    await bulk_upsert(session, collection="trials", rows=rows, key_fields=["_id"])

async def done(result):
    return await result if isawaitable(result) else result

@router.get("/conflict")
async def conflict(session: SessionDep) -> None:
    first, second = [await done(session.client.start_session()) for _ in range(2)]
    async with first, second:
        for each in (first, second):
            await done(each.start_transaction())
            await session.trials.update_one({"_id": 0}, {"$inc": {"count": 1}}, session=each)

@router.get("/read")
async def read(session: ReadSessionDep) -> None:
    await session.trials.find_one()
"""
pytestmark = pytest.mark.combinations([PYMONGO, MOTOR])


@pytest.fixture
def running(environment: Environment, workspace: Path, settings: dict[str, str]) -> Iterator[Serving]:
    _write_routes(workspace)
    with serving(environment, workspace, settings | SETTINGS, workers=1) as service:
        yield service


@pytest.fixture
def server(behind: dict[str, Server]) -> Server:
    return behind["DATABASE_URL"]


def test_a_server_that_is_not_the_primary_is_a_503_and_the_service_recovers(running: Serving, server: Server) -> None:
    assert running.get("/api/trials/write").status_code == 200
    with server.refusing():
        answer = running.get("/api/trials/write")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert running.get("/api/trials/bulk").status_code == 503
        assert running.get("/ready").status_code == 503
        assert running.get("/health").status_code == 200
    running.wait_for(200)
    assert running.get("/api/trials/write").status_code == 200


def test_a_frozen_server_is_a_503_in_time_and_the_service_recovers(running: Serving, server: Server) -> None:
    paths = [*["/api/trials/write", "/api/trials/read"] * 20, "/ready", *["/health"] * 3]
    with server.frozen():
        answers = ask_at_once(running, paths)
    assert_503_in_time(answers, LIMIT, "/health")
    running.wait_for(200)
    assert running.get("/api/trials/write").status_code == 200


def test_transactions_that_conflict_are_a_503_that_can_be_tried_again(running: Serving) -> None:
    assert running.get("/api/trials/bulk").status_code == 200
    answer = running.get("/api/trials/conflict")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1"), running.program.output()


def test_no_acknowledged_write_is_lost_when_a_server_without_replicas_is_killed(
    environment: Environment, workspace: Path, settings: dict[str, str], tmp_path: Path
) -> None:
    _write_routes(workspace)
    port, acknowledged = free_port(), set[int]()
    url = f"mongodb://127.0.0.1:{port}/app"
    command = [binary(), f"--dbpath={tmp_path}", f"--port={port}", f"--unixSocketPrefix={tmp_path}", *SMALL[:1]]
    alone = Program(command, tmp_path / "log", stop_signal=signal.SIGKILL)

    def write_until_it_is_killed(start: int) -> None:
        for number in count(start, WRITERS):
            if running.get(f"/api/trials/write/{number}").status_code != 200:
                return
            acknowledged.add(number)

    alone.start()
    client: MongoClient[dict[str, Any]] = MongoClient(url, serverSelectionTimeoutMS=20_000)
    client.admin.command("ping")
    with client, serving(environment, workspace, settings | SETTINGS | {"DATABASE_URL": url}, workers=1) as running:
        with ThreadPoolExecutor(WRITERS) as threads:
            writers = [threads.submit(write_until_it_is_killed, start) for start in range(WRITERS)]
            wait_until(lambda: len(acknowledged) > 200, seconds=30, what="writes are acknowledged")
            alone.stop()
        assert [writer.result() for writer in writers] == [None] * WRITERS
        alone.start()
        kept = {row["_id"] for row in client.app.trials.find()}
        running.wait_for(200)
    alone.stop()
    assert acknowledged - kept == set()


def test_a_frozen_server_does_not_keep_the_service_from_stopping(running: Serving, server: Server) -> None:
    assert_stops_while_frozen(running, server, "/api/trials/write", LIMIT)


@pytest.fixture
def members(tmp_path: Path) -> Iterator[list[str]]:
    """Yield the addresses of a replica set: one that is primary first, one that can be, and one that only votes."""
    addresses = [f"127.0.0.1:{free_port()}" for _ in range(3)]
    with ExitStack() as stack:
        for address in addresses:
            (data := tmp_path / address).mkdir()
            where = [f"--dbpath={data}", f"--port={address.partition(':')[2]}", "--nounixsocket"]
            member = Program([binary(), *where, "--replSet=failover", *SMALL], data / "log")
            member.start()
            stack.callback(member.stop)
        roles: list[dict[str, Any]] = [{"priority": 2}, {}, {"arbiterOnly": True}]
        listed = [
            {"_id": number, "host": each} | role
            for number, (each, role) in enumerate(zip(addresses, roles, strict=True))
        ]
        clients = [
            stack.enter_context(MongoClient[dict[str, Any]](f"mongodb://{each}/?directConnection=true"))
            for each in addresses
        ]
        for client in clients:
            client.admin.command("ping")
        clients[0].admin.command("replSetInitiate", {"_id": "failover", "members": listed})
        hello = partial(clients[0].admin.command, "hello")
        wait_until(lambda: hello()["isWritablePrimary"], seconds=60, what="MongoDB elects one")
        yield addresses


@pytest.mark.thorough
def test_a_failover_loses_no_acknowledged_write_and_fails_few(
    environment: Environment, workspace: Path, settings: dict[str, str], members: list[str]
) -> None:
    _write_routes(workspace)
    url = f"mongodb://{','.join(members)}/app?replicaSet=failover"
    statuses: dict[int, int] = {}
    is_over = Event()

    def write(start: int) -> None:
        for number in takewhile(lambda _: not is_over.is_set(), count(start, WRITERS)):
            statuses[number] = running.get(f"/api/trials/write/{number}").status_code

    with (
        MongoClient[dict[str, Any]](url) as client,
        serving(environment, workspace, settings | SETTINGS | {"DATABASE_URL": url}, workers=1) as running,
        ThreadPoolExecutor(WRITERS) as threads,
    ):
        writers = [threads.submit(write, start) for start in range(WRITERS)]
        wait_until(lambda: len(statuses) > 100, seconds=30, what="writes are acknowledged")
        former, before = client.primary, len(statuses)
        client.admin.command("replSetStepDown", 60)
        wait_until(lambda: len(statuses) > before + 200, seconds=60, what="writes are acknowledged again")
        is_over.set()
        assert [writer.result() for writer in writers] == [None] * WRITERS
        assert client.primary != former
        kept = {row["_id"] for row in client.app.trials.find()}
    assert {*statuses.values()} <= {200, 503}
    assert [*statuses.values()].count(503) <= WRITERS
    assert {number for number, status in statuses.items() if status == 200} <= kept


def _write_routes(workspace: Path) -> None:
    (workspace / "app/api/trials").mkdir(parents=True)
    (workspace / "app/api/trials/routes.py").write_text(ROUTES, "utf-8")
