"""The store in the service: for routes, in its health, and while it handles expiries."""

import asyncio
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from kit.store import StoreDep, get_store
from kit.testing.service import ask, given, started

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.store.dispatcher.PAUSE", 0.01)


async def test_a_route_takes_the_store(app: FastAPI) -> None:
    namespace = uuid4().hex

    @app.post("/visits")
    async def count(store: StoreDep) -> int:  # pyright: ignore[reportUnusedFunction]
        return await store.increment(namespace, "visits")

    async with ask(app) as client:
        assert [(await client.post("/visits")).json() for _ in range(2)] == [1, 2]


async def test_a_service_with_a_store_is_ready(client: AsyncClient) -> None:
    assert (await client.get("/ready")).json()["checks"]["store"]["status"] == "ok"


async def test_an_expiry_calls_its_callback_while_the_service_runs(app: FastAPI) -> None:
    store, namespace, heard = get_store(app), uuid4().hex, asyncio.Queue[str]()

    @store.on_expiry("visit ended")
    async def listen(_namespace: str, key: str) -> None:
        await store.set(namespace, "last", key)
        heard.put_nowait(key)

    assert listen
    await store.set(namespace, "ann", {"visits": 1}, ttl=0.05, on_expiry="visit ended")
    async with asyncio.timeout(20):
        assert await heard.get() == "ann"
    assert await store.scan(namespace) == [("last", "ann")]


async def test_a_running_callback_is_finished_before_the_service_stops() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()
    async with started(given()) as app:

        @get_store(app).on_expiry("slow")
        async def listen(_namespace: str, _key: str) -> None:
            begun.set()
            await asyncio.sleep(0.05)
            ended.set()

        assert listen
        await get_store(app).set(uuid4().hex, "key", 1, ttl=0.001, on_expiry="slow")
        async with asyncio.timeout(20):
            await begun.wait()
    assert ended.is_set()
