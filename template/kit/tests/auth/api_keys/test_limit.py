"""How many keys an owner may have."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from kit.auth.api_keys.service import get_api_keys
from kit.settings import SettingsError, read_settings
from kit.testing.auth import AsUser, TokenOf, clients
from kit.testing.service import ask
from kit.tests.auth.api_keys.making import ROUTE, make, serving
from kit.tests.auth.api_keys.test_commands import id_of, run

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


@pytest.fixture(scope="module")
async def app() -> AsyncGenerator[FastAPI]:
    async with serving(max_api_keys=3) as app:
        yield app


async def test_one_key_too_many_is_refused_until_another_ends(owner: AsyncClient, as_user: AsUser) -> None:
    made = [await make(owner) for _ in range(3)]
    response = await owner.post(ROUTE, json={"name": "a"})
    assert (response.status_code, response.json()["error"]["code"]) == (409, "CONFLICT")
    assert response.json()["error"]["message"] == "A user may have 3 valid API keys; revoke one first"
    assert response.json()["error"]["details"] == {"limit": 3}
    assert len((await owner.get(ROUTE)).json()["items"]) == 3
    await make(as_user("grace"))
    assert (await owner.delete(f"{ROUTE}/{made[0]['id']}")).status_code == 204
    await make(owner)
    assert (await owner.post(ROUTE, json={"name": "a"})).status_code == 409


async def test_keys_that_have_expired_do_not_count(app: FastAPI, owner: AsyncClient) -> None:
    keys, owner_id = get_api_keys(app), await id_of(owner)
    for _ in range(3):
        await keys.create(owner_id, "a", frozenset(), datetime.now(UTC) - timedelta(seconds=1))
    await make(owner)


async def test_of_many_requests_at_once_none_exceeds_the_limit(app: FastAPI, owner: AsyncClient) -> None:
    """Two services, with connections of their own, as two processes have."""
    await make(owner)
    token = (await owner.get("/trial/me")).request.headers["Authorization"]
    async with serving(max_api_keys=3) as other:
        both = [ask(each, headers={"Authorization": token}) for each in (app, other)]
        found = await asyncio.gather(*(each.post(ROUTE, json={"name": "a"}) for each in both * 5))
    assert {each.status_code for each in found} <= {201, 409}
    created = sum(each.status_code == 201 for each in found)
    assert created <= 2
    assert len((await owner.get(ROUTE)).json()["items"]) == 1 + created
    assert await get_api_keys(app).storage.count(await id_of(owner), datetime.now(UTC)) == 1 + created


async def test_a_command_keeps_to_the_limit_of_the_settings(
    owner: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_MAX_API_KEYS", "1")
    owner_id = await id_of(owner)
    await run("create", owner_id, "a")
    assert "may have 1 valid API keys" in await run("create", owner_id, "a", code=1)


async def test_without_a_limit_there_is_none_but_production_needs_one(
    token_of: TokenOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(max_api_keys=0) as app, clients(app, token_of) as as_user:
        owner = as_user()
        for _ in range(5):
            await make(owner)
    monkeypatch.setenv("AUTH_MAX_API_KEYS", "0")
    read_settings()
    monkeypatch.setenv("ENVIRONMENT", "production")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert [fault for fault in caught.value.faults if fault.startswith("AUTH_MAX_API_KEYS: it is 0")]


async def test_the_fixture_makes_clients_with_keys(as_api_key: AsUser) -> None:
    user = as_api_key("grace", scopes={"things:read"})
    assert (await user.get("/trial/me")).json()["scopes"] == ["things:read"]
    assert (await user.get("/trial/things/7")).status_code == 200
    assert (await user.post("/trial/things", json={"a": 1})).status_code == 403
    assert (await user.get(ROUTE)).json()["error"]["message"].startswith("With an API key, this needs")
