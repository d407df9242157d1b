"""Attacks on log ins: guesses, and answers that say whether an account exists."""

import asyncio
import time
from datetime import UTC, datetime
from statistics import median
from uuid import UUID

import pytest
from fastapi import FastAPI

from kit.auth.accounts.service import Accounts
from kit.tests.auth.accounts.logging_in import PASSWORD, Client, logged_in, serving

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

WRONG = "not the password"


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
        ada = await logged_in(app, "guessed@example.com")  # counters of shared stores outlive a test
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
