"""Every operation of the OpenAPI document refuses every bad token, and lets in the right one."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from fastapi import FastAPI

from kit.auth import public
from kit.auth.accounts.service import Accounts
from kit.auth.accounts.tokens import Access
from kit.auth.policies import routes_of
from kit.testing.auth import scopes_of
from kit.tests.auth.accounts.logging_in import PASSWORD, Client
from kit.tests.auth.operations import (
    claims_replaced,
    header_replaced,
    operations,
    protected,
    unsigned,
    with_signature_of,
)

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

ANOTHER_KEY = "k" * 32
encoding: Any = jwt.PyJWT()


class Attacker:
    """Somebody who had a session with every scope, and now tries other tokens."""

    def __init__(self, client: Client, accounts: Accounts) -> None:
        self.client = client
        self.accounts = accounts

    @property
    def token(self) -> str:
        return self.client.tokens["access_token"]

    @property
    def access(self) -> Access:
        return self.accounts.tokens.read(self.token)

    def made(self, **claims: object) -> str:
        """Return a token with the right signature, and these claims."""
        return self.accounts.tokens.make(self.access, **claims)

    def signed(self, key: str | bytes = ANOTHER_KEY, algorithm: str = "HS256", kind: str = "at+jwt") -> str:
        claims = encoding.decode(self.token, options={"verify_signature": False})
        return encoding.encode(claims, key, algorithm, {"typ": kind})

    def without(self, name: str) -> str:
        """Return a token with the right signature, and without this claim."""
        claims = encoding.decode(self.token, options={"verify_signature": False})
        del claims[name]
        return encoding.encode(claims, self.key, "HS256", {"typ": "at+jwt"})

    @property
    def key(self) -> bytes:
        return vars(self.accounts.tokens)["_key"]

    async def after(self, happens: Awaitable[object]) -> str:
        token = self.token
        await happens
        return token

    async def disabled(self) -> str:
        return await self.after(self.accounts.storage.disable(self.access.account_id, datetime.now(UTC)))

    async def with_another_password(self) -> str:
        return await self.after(self.client.post("password", old_password=PASSWORD, new_password="another passphrase"))


def soon(seconds: int) -> int:
    return int(time.time()) + seconds


BAD: dict[str, Callable[[Attacker], str | Awaitable[str] | None]] = {
    "none at all": lambda _: None,
    "garbage": lambda _: "garbage",
    "garbage in three parts": lambda _: "a.b.c",
    "empty parts": lambda _: "..",
    "not in ASCII": lambda by: by.token[:-3] + "\xe9\xe9\xe9",
    "too long": lambda by: by.made(filler="x" * 5000),
    "expired": lambda by: by.made(exp=soon(-1)),
    "not yet valid": lambda by: by.made(nbf=soon(60)),
    "issued in the future": lambda by: by.made(iat=soon(60)),
    "for ever": lambda by: by.without("exp"),
    "end is no number": lambda by: by.made(exp="never"),
    "without a beginning": lambda by: by.without("iat"),
    "of nobody": lambda by: by.without("sub"),
    "of no service": lambda by: by.without("iss"),
    "for no service": lambda by: by.without("aud"),
    "of another service": lambda by: by.made(iss="another"),
    "for another service": lambda by: by.made(aud="another"),
    "for several services": lambda by: by.made(aud=["example-service", "another"]),
    "without a session": lambda by: by.without("sid"),
    "with a session that is none": lambda by: by.made(sid="session"),
    "with another session": lambda by: by.made(sid="00000000-0000-4000-8000-000000000000"),
    "with another user": lambda by: by.made(sub="00000000-0000-4000-8000-000000000000"),
    "alg none": lambda by: unsigned(by.token),
    "signed with another key": lambda by: by.signed(),
    "another algorithm": lambda by: by.signed("k" * 64, "HS512"),
    "another type": lambda by: by.signed(by.key, kind="JWT"),
    "changed header": lambda by: header_replaced(by.token, kid="1"),
    "truncated": lambda by: by.token[:-8],
    "without a signature": lambda by: by.token.rpartition(".")[0] + ".",
    "signature of another token": lambda by: with_signature_of(by.token, by.made(jti="1")),
    "changed claims": lambda by: claims_replaced(by.token, sub="00000000-0000-4000-8000-000000000000"),
    "refresh token": lambda by: by.client.tokens["refresh_token"],
    "after a log out": lambda by: by.after(by.client.post("logout")),
    "after a log out everywhere": lambda by: by.after(by.client.post("logout-everywhere")),
    "after a change of the password": lambda by: by.with_another_password(),
    "of a disabled account": lambda by: by.disabled(),
}


@pytest.fixture
async def attacker(app: FastAPI, ada: Client, accounts: Accounts) -> Attacker:
    found = await accounts.storage.find(ada.email)
    assert found
    await accounts.storage.change_scopes(found.id, scopes_of(app), [])
    return Attacker(ada, accounts)


@pytest.mark.parametrize("kind", BAD)
async def test_every_operation_refuses_a_token_that_is(kind: str, app: FastAPI, attacker: Attacker) -> None:
    made = BAD[kind](attacker)
    token = made if made is None or isinstance(made, str) else await made
    for operation in protected(app):
        response = await operation.call(attacker.client.http, token)
        found = (response.status_code, response.json()["error"]["code"], response.headers.get("WWW-Authenticate"))
        assert found == (401, "UNAUTHORIZED", "Bearer"), operation


async def test_every_operation_lets_in_a_user_with_its_scopes_and_nobody_with_less(
    app: FastAPI, ada: Client, accounts: Accounts
) -> None:
    account = await accounts.storage.find(ada.email)
    assert account

    async def call(scopes: frozenset[str]) -> tuple[int, object]:
        await accounts.storage.change_scopes(account.id, scopes, scopes_of(app) - scopes)
        await ada.log_in()  # some of the operations end the session
        response = await operation.call(ada.http, ada.tokens["access_token"])
        return response.status_code, response.content and response.json().get("error", {}).get("details")

    for operation in protected(app):
        assert (await call(operation.scopes))[0] not in {401, 403}, operation
        for scope in operation.scopes:
            assert await call(operation.scopes - {scope}) == (403, {"missing": [scope]}), operation


async def test_every_operation_without_security_is_a_public_route(app: FastAPI) -> None:
    documented = {f"{each.method} {each.path}" for each in operations(app) if not each.is_protected}
    routes = {route.name: route.policies for route in routes_of(app)}
    assert {name: routes[name] for name in documented} == {name: {public} for name in documented}
    of_accounts = {name for name in documented if " /auth/" in name}
    open_to_all = ("register", "login", "login/cookie", "refresh", "verification", "verify", "email/confirm")
    assert of_accounts == {f"POST /auth/{each}" for each in (*open_to_all, "password/forgotten", "password/reset")}
