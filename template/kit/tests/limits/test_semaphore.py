"""Limits on how many requests run at once."""

import asyncio
from collections.abc import Sequence

import pytest
from fastapi import APIRouter, Depends, FastAPI
from httpx2 import AsyncClient

from kit.limits import semaphore
from kit.settings import Environment, Settings
from kit.tests.trial import add_routes, serving

pytestmark = pytest.mark.anyio


class Room:
    """Routes that record which requests enter, and the most that are inside at once."""

    def __init__(self) -> None:
        self.entered: list[int] = []
        self.most = self.inside = 0
        self.router = APIRouter()
        for path, name in (("/exports", "Exports"), ("/imports", "imports"), ("/backups", "Exports")):
            self.router.add_api_route(path + "/{number}", self.enter, dependencies=[Depends(semaphore(name, limit=2))])

    async def enter(self, number: int) -> None:
        self.entered.append(number)
        self.inside += 1
        self.most = max(self.most, self.inside)
        for _ in range(50):  # long enough for all other admitted requests to enter
            await asyncio.sleep(0)
        self.inside -= 1
        if number < 0:
            raise RuntimeError("failed inside")


@pytest.fixture
def room(app: FastAPI) -> Room:
    """Add the routes of a new room to the service."""
    room = Room()
    app.state.semaphores = {}
    add_routes(app, room.router)
    return room


async def ask_for(client: AsyncClient, paths: Sequence[str]) -> None:
    async with asyncio.timeout(10):
        await asyncio.gather(*(client.get(path) for path in paths))


async def test_at_most_the_limit_runs_at_once(client: AsyncClient, room: Room) -> None:
    await ask_for(client, [f"/exports/{number}" for number in range(7)])
    assert room.most == 2


async def test_requests_enter_in_the_order_of_arrival(client: AsyncClient, room: Room) -> None:
    await ask_for(client, [f"/exports/{number}" for number in range(7)])
    assert room.entered == list(range(7))


async def test_a_request_that_fails_frees_its_place(client: AsyncClient, room: Room) -> None:
    await ask_for(client, ["/exports/-1"] * 3 + ["/exports/1"] * 3)
    assert len(room.entered) == 6


async def test_semaphores_with_the_same_name_share_a_limit(client: AsyncClient, room: Room) -> None:
    await ask_for(client, ["/exports/1", "/backups/1"] * 3)
    assert room.most == 2


async def test_semaphores_with_different_names_do_not(client: AsyncClient, room: Room) -> None:
    await ask_for(client, ["/exports/1", "/imports/1"] * 3)
    assert room.most == 4


async def test_a_setting_changes_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMAPHORES__Exports", "3")
    room = Room()
    async with serving(room.router, Settings(environment=Environment.DEVELOPMENT)) as client:
        await ask_for(client, [f"/exports/{number}" for number in range(7)])
    assert room.most == 3


async def test_a_request_that_waits_too_long_gets_503(app: FastAPI, client: AsyncClient) -> None:
    router = APIRouter()
    inside, leave = asyncio.Event(), asyncio.Event()

    @router.get("/exports", dependencies=[Depends(semaphore("exports", limit=1, timeout=0.02))])
    async def stay() -> None:
        inside.set()
        await leave.wait()

    add_routes(app, router)
    first = asyncio.create_task(client.get("/exports"))
    await inside.wait()
    refused = await client.get("/exports")
    leave.set()
    assert (await first).status_code == 200
    assert (await client.get("/exports")).status_code == 200
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert refused.headers["retry-after"] == "1"
