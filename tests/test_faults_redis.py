"""A store whose server answers errors, freezes or is full: requests get a 503 in time, and all works again after it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.combinations import Combination
from tests.environments import Environment
from tests.faults import ask, ask_at_once, assert_503_in_time, assert_stops_while_frozen
from tests.servers import Server
from tests.servers.waiting import wait_until
from tests.serving import Serving, serving

STORE = Combination((("database", "none"), ("scheduler", "none"), ("store", "redis"), ("example", False)))
SETTINGS = {"STORE_TIMEOUT": "2"}
LIMIT = 6.0  # seconds: STORE_TIMEOUT for a free connection, and again for the answer, and some to spare
ROUTES = """
import asyncio
import threading
import structlog
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from fastapi import APIRouter, Depends, FastAPI
from kit.limits import rate_limit
from kit.store import StoreDep, get_store

@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    @get_store(app).on_expiry("gone")
    async def gone(namespace: str, key: str) -> None:
        structlog.get_logger().info("expired: " + key)

    @get_store(app).on_expiry("hangs in a thread")
    def hang_in_a_thread(namespace: str, key: str) -> None:
        structlog.get_logger().info("a thread hangs")
        threading.Event().wait()

    @get_store(app).on_expiry("hangs")
    async def hang(namespace: str, key: str) -> None:
        structlog.get_logger().info("a task hangs")
        await asyncio.Event().wait()

    yield

router = APIRouter(lifespan=lifespan)

@router.get("/limited", dependencies=[Depends(rate_limit("1000/minute"))])
async def limited() -> None: ...

@router.get("/write/{key}")
async def write(key: str, store: StoreDep) -> None:
    await store.set("a", key, 1, ttl=1, on_expiry="gone")

@router.get("/hang")
async def hang(store: StoreDep) -> None:
    await store.set("a", "thread", 1, ttl=0.001, on_expiry="hangs in a thread")
    await store.set("a", "task", 1, ttl=0.001, on_expiry="hangs")

@router.get("/lock")
async def lock(store: StoreDep) -> None:
    async with store.create_namespace_lock("a", timeout=1):
        pass
"""
pytestmark = pytest.mark.combinations([STORE])


@pytest.fixture
def running(environment: Environment, workspace: Path, settings: dict[str, str]) -> Iterator[Serving]:
    (workspace / "app/api/trials").mkdir(parents=True)
    (workspace / "app/api/trials/routes.py").write_text(ROUTES, "utf-8")
    with serving(environment, workspace, settings | SETTINGS, workers=1) as service:
        yield service


@pytest.fixture
def server(behind: dict[str, Server]) -> Server:
    return behind["STORE_URL"]


def test_a_server_that_refuses_writes_is_a_503_and_the_service_recovers(running: Serving, server: Server) -> None:
    assert running.get("/api/trials/write/before").status_code == 200
    with server.refusing():
        for path in ("/api/trials/write/during", "/api/trials/lock", "/ready"):
            assert running.get(path).status_code == 503, path
        assert running.get("/api/trials/write/during").json()["error"]["code"] == "SERVICE_UNAVAILABLE"
        assert running.get("/api/trials/limited").status_code == 200
        time.sleep(2.5)  # the expiries are looked at each second
        assert running.get("/health").status_code == 200
    running.wait_for(200)
    for path in ("/api/trials/write/after", "/api/trials/lock", "/api/trials/limited", "/health"):
        assert running.get(path).status_code == 200, path
    wait_until(lambda: "expired: after" in running.program.output(), seconds=20, what="the new key expires")
    assert "expired: before" in running.program.output()


def test_a_frozen_server_is_a_503_in_time_and_the_service_recovers(running: Serving, server: Server) -> None:
    paths = [*["/api/trials/write/key"] * 24, *["/api/trials/lock"] * 8, "/ready", "/api/trials/limited", "/health"]
    with server.frozen():
        answers = ask_at_once(running, paths)
        quick = sorted(ask(running, "/api/trials/limited").seconds for _ in range(5))[:-1]  # one may ask the server
    assert_503_in_time(answers, LIMIT, "/health", "/api/trials/limited")
    assert all(seconds < 1 for seconds in quick), quick
    running.wait_for(200)
    assert running.get("/api/trials/write/key").status_code == 200
    assert running.get("/health").status_code == 200


def test_a_frozen_server_does_not_keep_the_service_from_stopping(running: Serving, server: Server) -> None:
    assert_stops_while_frozen(running, server, "/api/trials/write/key", LIMIT)


@pytest.mark.combinations([STORE, STORE.but(store="lmdb")])
def test_callbacks_that_hang_do_not_keep_the_service_from_stopping(running: Serving) -> None:
    assert running.get("/api/trials/hang").status_code == 200
    for what in ("a thread hangs", "a task hangs"):
        wait_until(lambda what=what: what in running.program.output(), seconds=20, what=what)
    started = time.monotonic()
    assert running.program.stop() == 0
    assert time.monotonic() - started < 15
