"""Every operation of the OpenAPI document refuses every bad cookie, and lets in the right one."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI

from kit.auth.accounts.service import Accounts
from kit.auth.cookies.cookie import NAME, new_value
from kit.testing.auth import scopes_of
from kit.testing.service import ask
from kit.tests.auth.accounts.cookies.browsing import OWN, Browser
from kit.tests.auth.operations import protected

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

BAD: dict[str, Callable[[str], str]] = {
    "none at all": lambda _: "",
    "empty": lambda _: f"{NAME}=",
    "garbage": lambda _: f"{NAME}=garbage",
    "unknown": lambda _: f"{NAME}={new_value()}",
    "truncated": lambda right: f"{NAME}={right[:-1]}",
    "longer": lambda right: f"{NAME}={right}0",
    "twice as long": lambda right: f"{NAME}={right * 2}",
    "too long": lambda right: f"{NAME}={right * 500}",
    "in capitals": lambda right: f"{NAME}={right.upper()}A",
    "in quotes": lambda right: f'{NAME}="{right}"',
    "not in ASCII": lambda right: f"{NAME}={right[:-1]}\xe9",
    "with another name": lambda right: f"session={right}",
    "with another prefix": lambda right: f"__Secure-session={right}",
    "without a prefix": lambda right: f"host-session={right}",
    "with a name in small letters": lambda right: f"{NAME.lower()}={right}",
    "with a space of another alphabet before its name": lambda right: f"\xa0{NAME}={right}",
    "with a next line before its name": lambda right: f"\x85{NAME}={right}",
    "without a name": lambda right: f"={NAME}={right}",
    "after another": lambda right: f"{NAME}={new_value()}; {NAME}={right}",
    "before another": lambda right: f"{NAME}={right}; {NAME}={new_value()}",
    "given twice": lambda right: f"{NAME}={right}; {NAME}={right}",
    "within another": lambda right: f'other="a; {NAME}={right}"',
}


@pytest.fixture
async def right(browser: Browser, accounts: Accounts, app: FastAPI) -> str:
    """Return the cookie of somebody with every scope."""
    account = await accounts.storage.find("ada@example.com")
    assert account
    await accounts.storage.change_scopes(account.id, scopes_of(app), [])
    assert browser.value
    return browser.value


@pytest.mark.parametrize("kind", BAD)
async def test_every_operation_refuses_a_cookie_that_is(kind: str, app: FastAPI, right: str) -> None:
    async with ask(app) as client:
        for operation in protected(app):
            response = await operation.call(client, None, Origin=OWN, Cookie=BAD[kind](right))
            assert (response.status_code, response.json()["error"]["code"]) == (401, "UNAUTHORIZED"), operation


@pytest.mark.parametrize("token", ["", "garbage", "a.b.c", "apikey_"])
async def test_a_bad_token_has_no_cookie_to_help_it(token: str, app: FastAPI, right: str) -> None:
    """An empty one is none, so there the cookie counts."""
    async with ask(app) as client:
        for operation in [each for each in protected(app) if each.method == "GET"]:
            response = await operation.call(client, token, Origin=OWN, Cookie=f"{NAME}={right}")
            assert (response.status_code == 401) == bool(token), operation


async def test_every_operation_lets_in_a_user_with_its_scopes_and_nobody_with_less(
    app: FastAPI, browser: Browser, accounts: Accounts
) -> None:
    account = await accounts.storage.find("ada@example.com")
    assert account

    async def call(scopes: frozenset[str]) -> tuple[int, object]:
        await accounts.storage.change_scopes(account.id, scopes, scopes_of(app) - scopes)
        await browser.log_in()  # some of the operations end the session
        response = await operation.call(browser.http, None, **browser.headers)
        return response.status_code, response.content and response.json().get("error", {}).get("details")

    for operation in protected(app):
        assert (await call(operation.scopes))[0] not in {401, 403}, operation
        for scope in operation.scopes:
            assert await call(operation.scopes - {scope}) == (403, {"missing": [scope]}), operation
