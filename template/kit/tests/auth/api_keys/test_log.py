"""The log of requests with keys: whose they are, and never a key."""

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from kit.auth.api_keys.routes import MANAGE
from kit.tests.auth.api_keys.making import ROUTE, make, with_key
from kit.tests.trial import Lines

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

READ = "things:read"


async def test_each_line_has_the_ids_of_the_key_and_of_its_owner_and_never_the_key(
    app: FastAPI, owner: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    owner_id = (await owner.get("/trial/me")).json()["id"]
    lines = Lines(capsys)
    made = await make(owner, {READ, MANAGE})
    user = with_key(app, made["key"])
    said = capsys.readouterr()
    await user.get("/trial/things/7")
    await user.post("/trial/things", json={})
    await owner.delete(f"{ROUTE}/{made['id']}")
    await user.get("/trial/me")
    await with_key(app, made["key"][:-1] + "x").get("/trial/me")
    more = capsys.readouterr()
    assert made["key"][-64:-1] not in said.out + said.err + more.out + more.err
    assert "an API key was created" in said.out
    lines("access")
    await user.get("/trial/me")
    user = with_key(app, (await make(owner, {READ}))["key"])
    lines("access")
    await user.get("/trial/me")
    await user.post("/trial/things", json={})
    await owner.get("/trial/me")
    found = [(line.get("user_id"), "api_key_id" in line, line["status"]) for line in lines("access")]
    assert found == [(owner_id, True, 200), (owner_id, True, 403), (owner_id, False, 200)]


async def test_a_refused_key_is_named_in_the_log_only_if_its_secret_is_right(
    app: FastAPI, owner: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Lines(capsys)
    made = await make(owner)
    await owner.delete(f"{ROUTE}/{made['id']}")
    lines("access")
    await with_key(app, made["key"]).get("/trial/me")
    await with_key(app, made["key"][:-64] + "0" * 64).get("/trial/me")
    assert [line.get("api_key_id") for line in lines("access")] == [made["id"], None]
