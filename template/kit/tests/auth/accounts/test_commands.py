"""`python -m app accounts`."""

import asyncio

import pytest
from click.testing import CliRunner
from fastapi import FastAPI

from kit.auth.accounts.service import Accounts
from kit.cli import cli
from kit.tests.auth.accounts.logging_in import FAST, PASSWORD, Client

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FAST.items():
        monkeypatch.setenv(f"AUTH_{name}".upper(), str(value))


async def run(*arguments: str, typed: str = "", code: int = 0) -> str:
    """Run a command in a thread, since it has an event loop of its own."""
    result = await asyncio.to_thread(CliRunner().invoke, cli, ["accounts", *arguments], input=typed)
    assert result.exit_code == code, result.output
    return result.output


async def test_the_first_administrator_is_created_and_can_log_in(app: FastAPI) -> None:
    said = await run("create", "Root@Example.com", "--scope", "admin", "--scope", "b", typed=f"{PASSWORD}\nmore\n")
    assert said.rstrip().endswith(" root@example.com enabled admin b")
    assert PASSWORD not in said
    client = Client(app, "root@example.com")
    assert (await client.log_in()).status_code == 200
    assert (await client.me()).json()["scopes"] == ["admin", "b"]


async def test_an_account_that_exists_or_a_bad_password_is_refused() -> None:
    await run("create", "ada@example.com", typed=PASSWORD)
    assert "already exists" in await run("create", "ADA@example.com", typed=PASSWORD, code=1)
    assert "at least 12 characters" in await run("create", "grace@example.com", typed="short", code=1)
    assert "not an e-mail address" in await run("create", "grace", typed=PASSWORD, code=2)
    assert "is no scope" in await run("create", "grace@example.com", "--scope", "a b", typed=PASSWORD, code=2)
    assert len((await run("list")).splitlines()) == 1


async def test_scopes_are_granted_and_revoked(ada: Client) -> None:
    assert (await run("grant", ada.email, "a", "b")).rstrip().endswith(" enabled a b")
    assert (await ada.me()).json()["scopes"] == ["a", "b"]
    assert (await run("revoke", ada.email, "a", "c")).rstrip().endswith(" enabled b")
    assert (await ada.me()).json()["scopes"] == ["b"]


async def test_an_account_is_disabled_and_enabled(ada: Client) -> None:
    assert " disabled" in await run("disable", ada.email)
    assert [(await ada.me()).status_code, (await ada.log_in()).status_code] == [401, 401]
    assert " enabled" in await run("enable", ada.email)
    assert [(await ada.me()).status_code, (await ada.log_in()).status_code] == [401, 200]


@pytest.mark.parametrize("command", [("grant", "a"), ("revoke", "a"), ("disable",), ("enable",)])
async def test_an_account_that_is_not_there_is_an_error(command: tuple[str, ...]) -> None:
    name, *rest = command
    assert "There is no account nobody@example.com" in await run(name, "nobody@example.com", *rest, code=1)


async def test_all_accounts_are_listed_in_order(accounts: Accounts) -> None:
    for number in range(105):
        await accounts.storage.create(f"user{number}@example.com", "!")
    lines = (await run("list")).splitlines()
    assert [line.split()[1] for line in lines] == [f"user{number}@example.com" for number in range(105)]
