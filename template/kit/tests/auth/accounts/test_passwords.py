"""Passwords: their spelling and length, and what it costs to hash them."""

import asyncio
import threading
import time
from typing import Any

import pytest
from fastapi import FastAPI

from kit.auth.accounts.passwords import NO_PASSWORD, PasswordFaultError, Passwords
from kit.auth.accounts.service import Accounts, get_accounts
from kit.auth.accounts.settings import AccountsSettings
from kit.errors import ServiceUnavailableException
from kit.tests.auth.accounts.logging_in import FAST, PASSWORD, Client, logged_in, serving

pytestmark = pytest.mark.anyio


def passwords(**settings: Any) -> Passwords:
    return Passwords(AccountsSettings(**{**FAST, **settings}))


async def test_a_hash_is_of_argon2id_with_the_parameters_of_the_settings() -> None:
    found = await passwords(argon2_memory=128, argon2_iterations=2, argon2_lanes=1).hash(PASSWORD)
    assert found.startswith("$argon2id$v=19$m=128,t=2,p=1$")
    assert await passwords().hash(PASSWORD) != await passwords().hash(PASSWORD)


def test_the_defaults_are_those_that_the_rfc_recommends() -> None:
    settings = AccountsSettings()
    assert (settings.argon2_memory, settings.argon2_iterations, settings.argon2_lanes) == (64 * 1024, 3, 4)


async def test_only_the_password_is_right() -> None:
    found = await passwords().hash(PASSWORD)
    assert (await passwords().verify(PASSWORD, found)).is_right
    for wrong in (PASSWORD + " ", PASSWORD.upper(), PASSWORD[:-1], PASSWORD + "\0", "\0"):
        assert not (await passwords().verify(wrong, found)).is_right


@pytest.mark.parametrize("stored", [None, "", NO_PASSWORD, "$2b$12$" + "a" * 53, "$argon2id$v=19$m=8,t=1,p=1$YQ$YQ"])
async def test_what_is_no_hash_fits_no_password(stored: str | None) -> None:
    assert not (await passwords().verify(PASSWORD, stored)).is_right


async def test_two_keyboards_write_the_same_password() -> None:
    composed, decomposed = "p\u00e4ssword \ufb01ve", "pa\u0308ssword five"
    assert (await passwords().verify(decomposed, await passwords().hash(composed))).is_right


@pytest.mark.parametrize("password", ["x" * 1025, "\u00e9" * 513, "\ufdfa" * 100, "\ufdfa" * 2_000_000])
async def test_a_password_that_is_too_long_is_refused_without_work(password: str) -> None:
    """Normalisation turns U+FDFA into 18 characters."""
    started = time.perf_counter()
    for call in (passwords().hash(password), passwords().verify(password, None)):
        with pytest.raises(PasswordFaultError, match="at most 1024 bytes"):
            await call
    assert time.perf_counter() - started < 0.5


async def test_the_longest_password_and_the_shortest() -> None:
    assert (await passwords().verify("x" * 1024, await passwords().hash("x" * 1024))).is_right
    assert not (await passwords().verify("x" * 1023 + "y", await passwords().hash("x" * 1024))).is_right
    assert await passwords().hash("x" * 12)
    with pytest.raises(PasswordFaultError, match="at least 12 characters"):
        await passwords().hash("x" * 11)


async def test_half_a_surrogate_pair_is_no_password() -> None:
    with pytest.raises(PasswordFaultError, match="not text"):
        await passwords().hash("half a pair \ud800")


@pytest.mark.usefixtures("database")
async def test_too_long_in_a_request_gets_422_whether_the_account_exists_or_not(app: FastAPI) -> None:
    ada = await logged_in(app)
    for password in ("x" * 1025, "x" * 5000):
        for response in (
            await ada.log_in(password=password),
            await ada.log_in(email="nobody@example.com", password=password),
            await ada.register(email="nobody@example.com", password=password),
            await ada.post("password", old_password=PASSWORD, new_password=password),
        ):
            assert (response.status_code, response.json()["error"]["code"]) == (422, "VALIDATION_ERROR")
            assert "xxxx" not in response.text


@pytest.mark.usefixtures("database")
async def test_a_log_in_stores_a_hash_with_the_parameters_of_today(app: FastAPI, accounts: Accounts) -> None:
    await logged_in(app)
    async with serving(argon2_memory=256) as stronger:
        client = Client(stronger)
        assert (await client.log_in(password="not the password")).status_code == 401
        found = await accounts.storage.find(client.email)
        assert found
        assert "$m=64," in found.password_hash
        for _ in range(2):
            assert (await client.log_in()).status_code == 200
            found = await accounts.storage.find(client.email)
            assert found
            assert "$m=256," in found.password_hash


async def test_so_many_are_hashed_at_once_also_after_clients_have_gone() -> None:
    running, most = 0, 0
    lock = threading.Lock()
    some = passwords(hashes_at_once=2)

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    tasks = [asyncio.create_task(some.run(work)) for _ in range(10)]
    await asyncio.sleep(0.03)
    for task in tasks[:4]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert most == 2
    some.close()


async def test_the_threads_end_with_the_service() -> None:
    async with serving() as app:
        accounts = get_accounts(app)
        assert await accounts.passwords.hash(PASSWORD)
    with pytest.raises(RuntimeError, match="shutdown"):
        await accounts.passwords.hash(PASSWORD)


async def test_the_event_loop_goes_on_while_a_password_is_hashed() -> None:
    some = passwords(argon2_memory=65536, argon2_iterations=3, argon2_lanes=1)
    task = asyncio.create_task(some.hash(PASSWORD))
    turns = 0
    while not task.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 5


async def test_who_waits_too_long_gets_503() -> None:
    some = passwords(hashes_at_once=1, hash_timeout=1)
    free = threading.Event()
    blocked = asyncio.create_task(some.run(lambda: free.wait(5)))
    await asyncio.sleep(0)
    with pytest.raises(ServiceUnavailableException) as raised:
        await some.hash(PASSWORD)
    assert raised.value.headers == {"Retry-After": "1"}
    free.set()
    with pytest.raises(ServiceUnavailableException):
        await blocked
