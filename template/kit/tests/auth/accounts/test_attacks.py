"""Attacks on accounts: bad tokens, guesses, and answers that say whether an account exists."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from statistics import median
from typing import Any
from uuid import UUID

import jwt
import pytest
from fastapi import FastAPI

from kit.auth.accounts.service import Accounts
from kit.auth.accounts.tokens import Access
from kit.auth.policies import routes_of
from kit.testing.auth import scopes_of
from kit.tests.auth.accounts.logging_in import PASSWORD, Client, logged_in, serving
from kit.tests.auth.operations import (
    claims_replaced,
    header_replaced,
    operations,
    protected,
    unsigned,
    with_signature_of,
)

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

WRONG = "not the password"
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
        """Return a token with the right signature, and these claims; `None` leaves one out."""
        return self.accounts.tokens.make(self.access, **claims)

    def signed(self, key: str = ANOTHER_KEY, algorithm: str = "HS256") -> str:
        claims = encoding.decode(self.token, options={"verify_signature": False})
        return encoding.encode(claims, key, algorithm, {"typ": "at+jwt"})

    async def after(self, happens: Awaitable[object]) -> str:
        token = self.token
        await happens
        return token

    async def disabled(self) -> str:
        return await self.after(self.accounts.storage.disable(self.access.account_id, datetime.now(UTC)))

    async def with_another_password(self) -> str:
        return await self.after(self.client.post("password", old_password=PASSWORD, new_password=WRONG))


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
    "for ever": lambda by: by.made(exp=None),
    "of another service": lambda by: by.made(iss="another"),
    "for another service": lambda by: by.made(aud="another"),
    "for several services": lambda by: by.made(aud=["example-service", "another"]),
    "without a session": lambda by: by.made(sid=None),
    "with a session that is none": lambda by: by.made(sid="session"),
    "with another session": lambda by: by.made(sid="00000000-0000-4000-8000-000000000000"),
    "with another user": lambda by: by.made(sub="00000000-0000-4000-8000-000000000000"),
    "alg none": lambda by: unsigned(by.token),
    "signed with another key": lambda by: by.signed(),
    "another algorithm": lambda by: by.signed("k" * 64, "HS512"),
    "another type": lambda by: header_replaced(by.token, typ="JWT"),
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
    routes = {route.name: {each.__name__ for each in route.policies} for route in routes_of(app)}
    assert {name: routes[name] for name in documented} == {name: {"public"} for name in documented}
    of_accounts = {name for name in documented if " /auth/" in name}
    assert of_accounts == {"POST /auth/register", "POST /auth/login", "POST /auth/refresh"}


async def test_an_answer_does_not_say_whether_an_account_exists(app: FastAPI, ada: Client, accounts: Accounts) -> None:
    await logged_in(app, "disabled@example.com")
    disabled = await accounts.storage.find("disabled@example.com")
    assert disabled
    await accounts.storage.disable(disabled.id, datetime.now(UTC))
    answers = [
        await ada.log_in(password=WRONG),
        await ada.log_in(email="nobody@example.com"),
        await ada.log_in(email=disabled.email),
    ]
    bodies = [{**each.json()["error"], "request_id": "", "timestamp": ""} for each in answers]
    assert bodies[0]["message"] == "The e-mail address or the password is wrong"
    assert bodies == [bodies[0]] * 3
    headers = [{name: value for name, value in each.headers.items() if name != "x-request-id"} for each in answers]
    assert headers == [headers[0]] * 3


async def test_the_time_of_an_answer_does_not_say_whether_an_account_exists() -> None:
    """The medians differ by less than a third; without the work for nobody, by far more than half."""
    async with serving(argon2_memory=8192, argon2_iterations=2) as app:
        ada = await logged_in(app)

        async def seconds(email: str) -> float:
            started = time.perf_counter()
            assert (await ada.log_in(email=email, password=WRONG)).status_code == 401
            return time.perf_counter() - started

        pairs = [(await seconds(ada.email), await seconds("nobody@example.com")) for _ in range(40)]
    known, unknown = (median(each) for each in zip(*pairs, strict=True))
    assert known == pytest.approx(unknown, rel=1 / 3)


async def test_guesses_at_an_account_are_throttled_whether_it_exists_or_not() -> None:
    async with serving(rate_of_account="5/minute") as app:
        ada = await logged_in(app)
        for email in (ada.email, "nobody@example.com"):
            guesses = await asyncio.gather(*(ada.log_in(email=email, password=WRONG) for _ in range(20)))
            assert sum(each.status_code == 401 for each in guesses) == (4 if email == ada.email else 5)
            refused = [each for each in guesses if each.status_code != 401]
            assert {(each.status_code, each.json()["error"]["code"]) for each in refused} == {
                (429, "RATE_LIMIT_EXCEEDED")
            }
            assert all(1 <= int(each.headers["Retry-After"]) <= 60 for each in refused)
        assert (await ada.log_in()).status_code == 429
        assert (await ada.log_in(email=ada.email.upper())).status_code == 429
        assert (await ada.me()).status_code == 200


async def test_guesses_of_a_client_are_throttled() -> None:
    async with serving(rate_of_address="5/minute") as app:
        client = Client(app)
        found = [await client.log_in(email=f"user{number}@example.com") for number in range(6)]
        assert [each.status_code for each in found] == [401] * 5 + [429]
        assert (await client.register()).status_code == 429


async def test_guesses_of_the_old_password_are_throttled() -> None:
    async with serving(rate_of_account="3/minute") as app:
        ada = await logged_in(app)
        guesses = [await ada.post("password", old_password=WRONG, new_password=PASSWORD) for _ in range(4)]
        assert [each.status_code for each in guesses] == [401, 401, 401, 429]


async def test_passwords_and_tokens_are_never_in_the_log(app: FastAPI, capsys: pytest.CaptureFixture[str]) -> None:
    client = Client(app, "secretive@example.com")
    await client.register()
    await client.register()
    await client.log_in()
    tokens = [client.tokens["refresh_token"]]
    await client.log_in(password="wrong" * 5)
    await client.log_in(password="short" * 500)
    await client.refresh()
    await client.refresh(tokens[0])
    await client.log_in()
    response = await client.post("password", old_password=PASSWORD, new_password="another passphrase")
    tokens += [response.json()["access_token"].rpartition(".")[2], response.json()["refresh_token"]]
    said = "".join(capsys.readouterr())
    assert said.count("/auth/login") >= 4
    for secret in (PASSWORD, "another passphrase", "wrongwrong", "shortshort", "secretive", "argon2", *tokens):
        assert secret not in said, secret


async def test_the_log_has_the_id_of_who_is_attacked(ada: Client, capsys: pytest.CaptureFixture[str]) -> None:
    account_id = UUID((await ada.me()).json()["id"])
    stolen = ada.tokens["refresh_token"]
    await ada.refresh()
    await ada.refresh(stolen)
    said = capsys.readouterr().out
    assert "an old refresh token was used" in said
    assert str(account_id) in said
