"""API keys of accounts: they end with their account, and have never more scopes than it."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from fastapi import FastAPI

from kit.auth.accounts.service import Accounts
from kit.tests.auth.accounts.logging_in import Client, logged_in
from kit.tests.auth.api_keys.making import make, with_key
from kit.tests.auth.api_keys.test_commands import run

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def id_of(client: Client) -> UUID:
    return UUID((await client.me()).json()["id"])


async def key_of(client: Client, *scopes: str) -> str:
    client.http.headers.update(client.headers())
    return (await make(client.http, scopes))["key"]


async def test_a_disabled_account_disables_its_keys_and_no_others(
    app: FastAPI, ada: Client, accounts: Accounts
) -> None:
    grace = await logged_in(app, "grace@example.com")
    hers, others = with_key(app, await key_of(ada)), with_key(app, await key_of(grace))
    ada_id = await id_of(ada)
    assert (await hers.get("/auth/me")).json()["email"] == ada.email
    await accounts.storage.disable(ada_id, datetime.now(UTC))
    response = await hers.get("/auth/me")
    assert (response.status_code, response.json()["error"]["code"]) == (401, "UNAUTHORIZED")
    assert (await others.get("/auth/me")).status_code == 200
    assert "may not call" in await run("create", ada.email, "a", code=1)
    await accounts.storage.disable(ada_id, None)
    assert (await hers.get("/auth/me")).status_code == 200


async def test_a_scope_that_an_account_loses_its_keys_lose_too(app: FastAPI, ada: Client, accounts: Accounts) -> None:
    ada_id = await id_of(ada)
    await accounts.storage.change_scopes(ada_id, ["things:read", "things:write"], [])
    user = with_key(app, await key_of(ada, "things:read"))
    assert (await user.get("/trial/me")).json()["scopes"] == ["things:read"]
    await accounts.storage.change_scopes(ada_id, [], ["things:read"])
    assert (await user.get("/trial/me")).json()["scopes"] == []


async def test_keys_go_on_when_sessions_end(app: FastAPI, ada: Client) -> None:
    user = with_key(app, await key_of(ada))
    assert (await ada.post("logout-everywhere")).status_code == 204
    assert (await ada.me()).status_code == 401
    assert (await user.get("/auth/me")).status_code == 200


async def test_a_command_takes_the_address_and_gives_no_more_than_the_account_has(app: FastAPI, ada: Client) -> None:
    said = await run("create", "ADA@example.com", "a")
    assert (await with_key(app, said.strip()).get("/auth/me")).json()["email"] == ada.email
    assert "not things:read" in await run("create", ada.email, "a", "--scope", "things:read", code=1)
    assert "There is no user 'nobody@example.com'" in await run("create", "nobody@example.com", "a", code=1)


async def test_an_owner_of_former_times_who_has_no_account_is_nobody(app: FastAPI) -> None:
    """Before, the service may have had users elsewhere."""
    keys = app.state.api_keys
    assert await keys.owners.allowed("ada", frozenset()) is None
    assert await keys.owners.allowed("00000000-0000-4000-8000-000000000000", frozenset()) is None
