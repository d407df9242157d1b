"""The end of an account: its sessions, keys and tokens go with it, and nothing of others."""

from uuid import UUID

import pytest
from fastapi import FastAPI

from kit.auth.accounts.service import Accounts
from kit.auth.api_keys.service import get_api_keys
from kit.tests.auth.accounts.logging_in import PASSWORD, Client, logged_in, serving
from kit.tests.auth.accounts.test_commands import run
from kit.tests.auth.api_keys.making import make, with_key

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def key_of(client: Client) -> str:
    client.http.headers.update(client.headers())
    return (await make(client.http))["key"]


async def keys_of(app: FastAPI, account_id: str) -> int:
    return len(await get_api_keys(app).storage.list_keys(account_id, None, 10))


@pytest.mark.parametrize("by", ["owner", "command"])
async def test_an_account_goes_with_its_sessions_and_keys(
    by: str, app: FastAPI, ada: Client, accounts: Accounts
) -> None:
    other, grace = await logged_in(app), await logged_in(app, "grace@example.com")
    key, key_of_grace = await key_of(ada), await key_of(grace)
    account_id = (await ada.me()).json()["id"]
    assert await keys_of(app, account_id) == 1
    if by == "owner":
        assert (await ada.post("delete-account", password=PASSWORD)).status_code == 204
    else:
        assert (await run("delete", "ADA@example.com", "--yes")).strip().endswith(" ada@example.com deleted")
    for client in (ada, other):
        assert [(await client.me()).status_code, (await client.refresh()).status_code] == [401, 401]
    assert (await with_key(app, key).get("/auth/me")).status_code == 401
    assert (await ada.log_in()).status_code == 401
    assert await accounts.storage.get(UUID(account_id)) is None
    assert await keys_of(app, account_id) == 0
    assert [(await grace.me()).status_code, (await grace.refresh()).status_code] == [200, 200]
    assert (await with_key(app, key_of_grace).get("/auth/me")).status_code == 200
    assert (await ada.register()).status_code == 201


async def test_a_deletion_needs_the_password_and_is_throttled(ada: Client) -> None:
    for password in ("not the password", "x" * 4096):
        assert (await ada.post("delete-account", password=password)).status_code in {401, 422}
    assert (await ada.me()).status_code == 200
    async with serving(rate_of_account="2/minute") as app:
        again = Client(app)
        again.tokens = ada.tokens
        found = [(await again.post("delete-account", password="not the password")).status_code for _ in range(3)]
    assert found == [401, 401, 429]


async def test_a_command_asks_before_it_deletes(ada: Client) -> None:
    assert "Delete the account" in await run("delete", ada.email, typed="n\n", code=1)
    assert (await ada.me()).status_code == 200
    assert "There is no account nobody@example.com" in await run("delete", "nobody@example.com", "--yes", code=1)


async def test_an_account_is_deleted_once(ada: Client, accounts: Accounts) -> None:
    account_id = UUID((await ada.me()).json()["id"])
    assert [await accounts.storage.delete(account_id), await accounts.storage.delete(account_id)] == [True, False]
