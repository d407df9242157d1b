"""Keys: how they begin, what they may do, and how they end."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from kit.auth import User
from kit.auth.api_keys.keys import KEY, digest_of
from kit.auth.api_keys.routes import MANAGE
from kit.auth.api_keys.service import ApiKeys
from kit.auth.api_keys.verifier import ApiKeyVerifier
from kit.errors import UnauthorizedException
from kit.testing.auth import AsUser, authorization
from kit.testing.service import ask
from kit.tests.auth.api_keys.making import ROUTE, make, serving, with_key
from kit.tests.auth.calls import connect

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

READ, WRITE = "things:read", "things:write"


async def test_a_key_is_shown_once_and_the_database_has_its_hash(owner: AsyncClient, keys: ApiKeys) -> None:
    response = await owner.post(ROUTE, json={"name": "import at night", "scopes": [READ], "expires_in_days": 7})
    made = response.json()
    assert response.headers["Cache-Control"] == "no-store"
    secret = made["key"].rpartition("_")[2]
    assert KEY.fullmatch(made["key"])
    assert made["key"].startswith(f"apikey_{UUID(made['id']).hex}_")
    days = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert timedelta(days=7) <= days + timedelta(seconds=1) < timedelta(days=7, minutes=1)
    listed = await owner.get(ROUTE)
    assert secret not in listed.text
    found = {**made, "expires_at": listed.json()["items"][0]["expires_at"]}
    del found["key"]
    assert [{**each, "created_at": made["created_at"]} for each in listed.json()["items"]] == [found]
    assert (found["masked"], found["name"]) == (f"apikey_{UUID(made['id']).hex}_…", "import at night")
    stored = await keys.storage.get(UUID(made["id"]))
    assert stored
    assert stored.digest == digest_of(secret)
    assert secret not in repr(stored)


async def test_a_key_is_its_owner_with_less_scopes(app: FastAPI, owner: AsyncClient) -> None:
    user = with_key(app, (await make(owner, {READ}))["key"])
    assert (await user.get("/trial/me")).json() == {"id": (await owner.get("/trial/me")).json()["id"], "scopes": [READ]}
    assert (await user.get("/trial/things/7")).status_code == 200
    response = await user.post("/trial/things", json={"a": 1})
    assert (response.status_code, response.json()["error"]["details"]) == (403, {"missing": [WRITE]})
    without = with_key(app, (await make(owner))["key"])
    assert (await without.get("/trial/me")).json()["scopes"] == []


async def test_a_websocket_takes_a_key(app: FastAPI, owner: AsyncClient) -> None:
    made = await make(owner, {READ})
    assert (await connect(app, "/trial/live", **authorization(made["key"])))[0]["type"] == "websocket.accept"
    await owner.delete(f"{ROUTE}/{made['id']}")
    (refused,) = await connect(app, "/trial/live", **authorization(made["key"]))
    assert (refused["code"], refused["reason"]) == (1008, "The API key was revoked")


async def test_a_key_has_at_most_the_scopes_of_its_owner(as_user: AsUser) -> None:
    reader = as_user(scopes={READ})
    response = await reader.post(ROUTE, json={"name": "a", "scopes": [READ, WRITE, MANAGE]})
    assert (response.status_code, response.json()["error"]["details"]) == (403, {"missing": [MANAGE, WRITE]})
    assert (await reader.get(ROUTE)).json() == {"items": [], "next": None}


async def test_a_key_manages_keys_only_with_a_scope_for_it(app: FastAPI, owner: AsyncClient) -> None:
    made = await make(owner, {READ, WRITE})
    user = with_key(app, made["key"])
    for response in (
        await user.post(ROUTE, json={"name": "a"}),
        await user.get(ROUTE),
        await user.delete(f"{ROUTE}/{made['id']}"),
    ):
        assert (response.status_code, response.json()["error"]["details"]) == (403, {"missing": [MANAGE]})
    manager = with_key(app, (await make(owner, {READ, MANAGE}))["key"])
    assert (await manager.post(ROUTE, json={"name": "a", "scopes": [WRITE]})).status_code == 403
    assert (await make(manager, {READ}))["scopes"] == [READ]
    assert len((await manager.get(ROUTE)).json()["items"]) == 3
    assert (await manager.delete(f"{ROUTE}/{made['id']}")).status_code == 204
    assert (await user.get("/trial/me")).status_code == 401


async def test_a_key_that_is_made_with_a_key_ends_with_it(app: FastAPI, owner: AsyncClient) -> None:
    first = await make(owner, {MANAGE}, expires_in_days=2)
    manager = with_key(app, first["key"])
    ends = datetime.fromisoformat((await manager.get(ROUTE)).json()["items"][0]["expires_at"])
    for days in (None, 3650):
        assert datetime.fromisoformat((await make(manager, expires_in_days=days))["expires_at"]) == ends
    assert datetime.fromisoformat((await make(manager, expires_in_days=1))["expires_at"]) < ends


async def test_a_revoked_key_is_refused_at_once_by_every_process(app: FastAPI, owner: AsyncClient) -> None:
    """Two services, with connections of their own, as two processes have."""
    async with serving() as other:
        for _ in range(10):
            made = await make(owner)
            here, there = with_key(app, made["key"]), with_key(other, made["key"])
            assert [(await each.get("/trial/me")).status_code for each in (here, there)] == [200, 200]
            assert (await owner.delete(f"{ROUTE}/{made['id']}")).status_code == 204
            assert [(await each.get("/trial/me")).status_code for each in (there, here)] == [401, 401]


async def test_a_key_is_revoked_once_and_stays_in_the_list(owner: AsyncClient) -> None:
    made = await make(owner)
    assert (await owner.delete(f"{ROUTE}/{made['id']}")).status_code == 204
    (first,) = (await owner.get(ROUTE)).json()["items"]
    assert first["revoked_at"]
    assert (await owner.delete(f"{ROUTE}/{made['id']}")).status_code == 204
    assert (await owner.get(ROUTE)).json()["items"] == [first]


async def test_keys_of_others_are_as_unknown_ones(app: FastAPI, owner: AsyncClient, as_user: AsUser) -> None:
    made = await make(owner)
    grace = as_user("grace", scopes={MANAGE})
    assert (await grace.get(ROUTE)).json()["items"] == []
    for key_id in (made["id"], uuid4()):
        response = await grace.delete(f"{ROUTE}/{key_id}")
        assert (response.status_code, response.json()["error"]["message"]) == (404, f"API key {key_id} was not found")
    assert (await with_key(app, made["key"]).get("/trial/me")).status_code == 200


async def test_a_list_has_pages(owner: AsyncClient) -> None:
    made = [(await make(owner))["id"] for _ in range(5)]
    found: list[str] = []
    query: dict[str, Any] | None = {"limit": 2}
    while query:
        page = (await owner.get(ROUTE, params=query)).json()
        found += [each["id"] for each in page["items"]]
        query = {"limit": 2, "after": page["next"]} if page["next"] else None
    assert found == made


async def test_a_use_is_written_at_most_once_in_a_minute(app: FastAPI, owner: AsyncClient, keys: ApiKeys) -> None:
    made = await make(owner)
    key_id, user = UUID(made["id"]), with_key(app, made["key"])

    async def last_use() -> datetime | None:
        found = await keys.storage.get(key_id)
        return found and found.last_used_at

    assert await last_use() is None
    await asyncio.gather(*(user.get("/trial/me") for _ in range(5)))
    first = await last_use()
    assert first
    await user.get("/trial/me")
    assert await last_use() == first
    later = first + timedelta(seconds=100)
    await keys.storage.use(key_id, later, later - timedelta(seconds=101))
    assert await last_use() == first
    earlier = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=61)
    await keys.storage.use(key_id, earlier, later)
    assert await last_use() == earlier
    await user.get("/trial/me")
    assert (await last_use() or earlier) > earlier


async def test_a_request_within_the_minute_writes_nothing(
    app: FastAPI, owner: AsyncClient, keys: ApiKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[UUID] = []
    use = keys.storage.use

    async def count(key_id: UUID, at: datetime, unless_after: datetime) -> None:
        written.append(key_id)
        await use(key_id, at, unless_after)

    monkeypatch.setattr(keys.storage, "use", count)
    made = await make(owner)
    user = with_key(app, made["key"])
    for _ in range(3):
        assert (await user.get("/trial/me")).status_code == 200
    assert written == [UUID(made["id"])]


async def test_a_key_that_is_refused_is_not_used(app: FastAPI, owner: AsyncClient) -> None:
    made = await make(owner)
    await owner.delete(f"{ROUTE}/{made['id']}")
    assert (await with_key(app, made["key"]).get("/trial/me")).status_code == 401
    assert (await owner.get(ROUTE)).json()["items"][0]["last_used_at"] is None


async def test_a_token_is_for_one_verifier_by_its_prefix(keys: ApiKeys) -> None:
    asked: list[str] = []

    class Others:
        async def user_of(self, token: str) -> User:
            asked.append(token)
            return User(id="ada")

    verifier = ApiKeyVerifier(keys, Others())
    for text in ("apikey_", f"apikey_{uuid4().hex}_{'0' * 64}", "apikey_a.b.c"):
        with pytest.raises(UnauthorizedException):
            await verifier.user_of(text)
    assert asked == []
    assert (await verifier.user_of("a.b.c")).id == "ada"
    assert asked == ["a.b.c"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "a" * 101},
        {"name": "a\nb"},
        {"name": "a\x00b"},
        {"name": "a", "scopes": ["a b"]},
        {"name": "a", "scopes": [""]},
        {"name": "a", "scopes": ["a\x1fb"]},
        {"name": "a", "scopes": ["a"] * 101},
        {"name": "a", "expires_in_days": 0},
        {"name": "a", "expires_in_days": 3651},
        {"name": "a", "owner": "grace"},
    ],
    ids=repr,
)
async def test_a_key_that_makes_no_sense_gets_422(owner: AsyncClient, body: dict[str, Any]) -> None:
    response = await owner.post(ROUTE, json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (422, "VALIDATION_ERROR")


async def test_nobody_manages_keys_without_a_user(app: FastAPI) -> None:
    async with ask(app) as nobody:
        assert (await nobody.post(ROUTE, json={"name": "a"})).status_code == 401
        assert (await nobody.get(ROUTE)).status_code == 401
