"""Sessions: how they start, go on and end, also when two processes do it at once."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from kit.auth.accounts.service import Accounts
from kit.auth.accounts.storage import storage_module
from kit.auth.accounts.tokens import read_refresh
from kit.testing.service import ask
from kit.tests.auth.accounts.logging_in import PASSWORD, Client, logged_in, serving

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

NEW_PASSWORD = "a different passphrase"


async def test_an_account_is_registered_and_logs_in(app: FastAPI) -> None:
    client = Client(app)
    registered = await client.register()
    assert registered.status_code == 201
    assert registered.json().keys() == {"id", "email", "verified_at", "scopes", "created_at"}
    response = await client.log_in()
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json().keys() == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (response.json()["token_type"], response.json()["expires_in"]) == ("Bearer", 300)
    assert (await client.me()).json() == registered.json() | {"email": "ada@example.com", "scopes": []}


async def test_a_refresh_gives_new_tokens_and_the_same_session(ada: Client) -> None:
    before = dict(ada.tokens)
    assert (await ada.refresh()).status_code == 200
    assert ada.tokens["refresh_token"] != before["refresh_token"]
    assert (await ada.me()).status_code == 200
    for _ in range(3):
        assert (await ada.refresh()).status_code == 200


async def test_a_refresh_token_that_is_used_again_ends_the_session(ada: Client) -> None:
    stolen = ada.tokens["refresh_token"]
    await ada.refresh()
    assert (await ada.refresh(stolen)).status_code == 401
    assert (await ada.me()).status_code == 401
    assert (await ada.refresh()).status_code == 401


async def test_of_two_refreshes_at_once_one_wins_and_then_the_session_ends(app: FastAPI, ada: Client) -> None:
    """Two services, with connections of their own, as two processes have."""
    async with serving() as other:
        for _ in range(10):
            here, there = await logged_in(app), Client(other)
            token = here.tokens["refresh_token"]
            responses = await asyncio.gather(here.refresh(token), there.refresh(token))
            assert sorted(each.status_code for each in responses) == [200, 401]
            winner = here if responses[0].status_code == 200 else there
            assert (await winner.me()).status_code == 401
            assert (await winner.refresh()).status_code == 401
    assert (await ada.me()).status_code == 200


async def test_nobody_ends_a_session_with_what_an_access_token_says(ada: Client, accounts: Accounts) -> None:
    session_id = accounts.tokens.read(ada.tokens["access_token"]).session_id
    for guess in (str(session_id), session_id.hex * 4, "0" * 128, "x", "\u00e9", ada.tokens["refresh_token"][64:]):
        assert (await ada.refresh(guess)).status_code == 401
    assert (await ada.me()).status_code == 200


async def test_the_database_has_no_token(ada: Client, accounts: Accounts) -> None:
    family, token = read_refresh(ada.tokens["refresh_token"])
    session = await accounts.storage.rotate(family, token, token)
    assert session
    kept = str(vars(session))
    assert ada.tokens["refresh_token"] not in kept
    assert ada.tokens["refresh_token"][:64] not in kept


async def test_a_log_out_ends_this_session_only(app: FastAPI, ada: Client) -> None:
    other = await logged_in(app)
    assert (await ada.post("logout")).status_code == 204
    assert [(await ada.me()).status_code, (await ada.refresh()).status_code] == [401, 401]
    assert [(await other.me()).status_code, (await other.refresh()).status_code] == [200, 200]


async def test_a_log_out_everywhere_ends_all_sessions_of_the_account(app: FastAPI, ada: Client) -> None:
    other, grace = await logged_in(app), await logged_in(app, "grace@example.com")
    assert (await ada.post("logout-everywhere")).status_code == 204
    for ended in (ada, other):
        assert [(await ended.me()).status_code, (await ended.refresh()).status_code] == [401, 401]
    assert (await grace.me()).status_code == 200
    assert (await ada.log_in()).status_code == 200


async def test_a_change_of_the_password_ends_all_sessions_and_starts_one(app: FastAPI, ada: Client) -> None:
    other = await logged_in(app)
    response = await ada.post("password", old_password=PASSWORD, new_password=NEW_PASSWORD)
    assert response.status_code == 200
    for ended in (ada, other):
        assert [(await ended.me()).status_code, (await ended.refresh()).status_code] == [401, 401]
    assert (await ada.me(response.json()["access_token"])).status_code == 200
    assert (await ada.log_in()).status_code == 401
    assert (await ada.log_in(password=NEW_PASSWORD)).status_code == 200


async def test_a_change_needs_the_password(ada: Client) -> None:
    response = await ada.post("password", old_password="not the password", new_password=NEW_PASSWORD)
    assert response.status_code == 401
    assert (await ada.me()).status_code == 200
    assert (await ada.log_in()).status_code == 200


async def test_a_log_in_that_has_seen_the_old_password_starts_nothing(ada: Client, accounts: Accounts) -> None:
    before = await accounts.storage.find(ada.email)
    assert before
    await ada.post("password", old_password=PASSWORD, new_password=NEW_PASSWORD)
    tokens = await accounts.start_session(before)
    assert [(await ada.me(tokens.access)).status_code, (await ada.refresh(tokens.refresh)).status_code] == [401, 401]
    assert await accounts.storage.change_password(before, "x") is None
    await accounts.storage.replace_hash(before, before.password_hash)
    assert (await ada.log_in()).status_code == 401


async def test_a_disabled_account_is_refused_at_once(ada: Client, accounts: Accounts) -> None:
    account_id = UUID((await ada.me()).json()["id"])
    await accounts.storage.disable(account_id, datetime.now(UTC))
    assert [(await ada.me()).status_code, (await ada.refresh()).status_code] == [401, 401]
    wrong, right = await ada.log_in(password="not the password"), await ada.log_in()
    assert (right.status_code, right.json()["error"]["message"]) == (401, wrong.json()["error"]["message"])
    await accounts.storage.disable(account_id, None)
    assert (await ada.me()).status_code == 401
    assert (await ada.log_in()).status_code == 200


async def test_scopes_count_from_the_next_request_on(ada: Client, accounts: Accounts) -> None:
    account_id = UUID((await ada.me()).json()["id"])

    async def read() -> int:
        return (await ada.http.get("/trial/things/7", headers=ada.headers())).status_code

    assert await read() == 403
    await accounts.storage.change_scopes(account_id, ["things:read", "a"], [])
    assert await read() == 200
    assert (await ada.me()).json()["scopes"] == ["a", "things:read"]
    await accounts.storage.change_scopes(account_id, [], ["things:read"])
    assert await read() == 403


async def test_scopes_that_are_granted_at_once_are_all_there(ada: Client, accounts: Accounts) -> None:
    account_id = UUID((await ada.me()).json()["id"])
    scopes = [f"scope{number}" for number in range(8)]
    await asyncio.gather(*(accounts.storage.change_scopes(account_id, [each], []) for each in scopes))
    assert (await ada.me()).json()["scopes"] == scopes


async def test_a_session_ends_with_its_time() -> None:
    async with serving(session_lifetime=1) as app:
        client = await logged_in(app)
        assert (await client.me()).status_code == 200
        await asyncio.sleep(1.2)
        assert [(await client.me()).status_code, (await client.refresh()).status_code] == [401, 401]


async def test_sessions_go_on_in_a_service_that_starts_again(ada: Client) -> None:
    async with serving() as app:
        again = Client(app)
        again.tokens = ada.tokens
        assert (await again.me()).status_code == 200
        assert (await again.refresh()).status_code == 200


async def test_two_spellings_that_register_at_once_make_one_account(app: FastAPI) -> None:
    spellings = ["Ada@Example.com", "ada@example.com", "\uff21\uff24\uff21@example.com", " ada@EXAMPLE.COM "]
    async with serving() as other:
        clients = [Client(each, email) for each in (app, other) for email in spellings]
        found = await asyncio.gather(*(client.register() for client in clients))
    assert sorted(each.status_code for each in found) == [201, *[409] * 7]
    accounts = await storage_module().storage_of(app).list_accounts(None, 10)
    assert [each.email for each in accounts] == ["ada@example.com"]
    for email in spellings:
        assert (await Client(app, email).log_in()).status_code == 200


async def test_registration_can_be_closed() -> None:
    async with serving(registration=False) as app:
        response = await Client(app).register()
    assert (response.status_code, response.json()["error"]["code"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    "body",
    [
        {"email": "ada", "password": PASSWORD},
        {"email": "ada@example.com"},
        {"email": "ada@example.com", "password": ""},
        {"email": "ada@example.com", "password": "horse"},
        {"email": "ada@example.com", "password": PASSWORD, "scopes": ["admin"]},
        {"email": "ada@example.com", "password": "half a pair \ud800"},
        {"email": "\ud800@example.com", "password": PASSWORD},
    ],
    ids=str,
)
async def test_a_registration_that_is_not_valid_gets_422(app: FastAPI, body: dict[str, Any]) -> None:
    async with ask(app) as client:
        content, headers = json.dumps(body), {"Content-Type": "application/json"}
        response = await client.post("/auth/register", content=content, headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (422, "VALIDATION_ERROR")
    assert "horse" not in response.text


async def test_a_form_is_no_log_in(ada: Client) -> None:
    """A page of another site can make a browser send this."""
    text = f'{{"email": "{ada.email}", "password": "{PASSWORD}"}}'
    for content_type in ("application/x-www-form-urlencoded", "text/plain", "application/octet-stream"):
        response = await ada.http.post("/auth/login", content=text, headers={"Content-Type": content_type})
        assert response.status_code == 422
    assert (await ada.http.post("/auth/login", content=text)).status_code == 422
