"""The commands of `python -m app accounts`. They work on the database of the settings, also while the service runs."""

import sys
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime

import click

from kit.auth.accounts.deletion import delete_account
from kit.auth.accounts.emails import normal
from kit.auth.accounts.passwords import PasswordFaultError, Passwords
from kit.auth.accounts.settings import AccountsSettings
from kit.auth.accounts.storage import Account, Storage, storage_module
from kit.auth.api_keys.storage import storage_module as keys_module
from kit.auth.running import all_pages, run
from kit.settings import read_settings

Work = Callable[[Storage], Awaitable[Iterable[str]]]


def _email(_context: object, _parameter: object, value: str) -> str:
    try:
        return normal(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _scopes(_context: object, _parameter: object, values: tuple[str, ...]) -> tuple[str, ...]:
    if wrong := [value for value in values if not value or len(value.split()) != 1]:
        raise click.BadParameter(f"{wrong[0]!r} is no scope: it is empty or has spaces")
    return tuple(value.strip() for value in values)


email = click.argument("email", callback=_email)
scopes = click.argument("scopes", nargs=-1, required=True, callback=_scopes)


@click.command()
@email
@click.option("--scope", "scopes", multiple=True, callback=_scopes, help="What it may do; can be repeated.")
def create(email: str, scopes: tuple[str, ...]) -> None:
    """Create an account.

    The password is asked for, or is the first line of the standard input.
    """
    password = _ask()
    _run(lambda storage: _create(storage, email, password, scopes))


@click.command("list")
def list_accounts() -> None:
    """List all accounts, with their scopes."""
    _run(_list)


@click.command()
@email
@scopes
def grant(email: str, scopes: tuple[str, ...]) -> None:
    """Give an account scopes, also for its next request."""
    _run(lambda storage: _change(storage, email, lambda found: storage.change_scopes(found.id, scopes, ())))


@click.command()
@email
@scopes
def revoke(email: str, scopes: tuple[str, ...]) -> None:
    """Take scopes from an account, also for its next request."""
    _run(lambda storage: _change(storage, email, lambda found: storage.change_scopes(found.id, (), scopes)))


@click.command()
@email
def disable(email: str) -> None:
    """Keep somebody from logging in, and end all sessions."""
    _run(lambda storage: _change(storage, email, lambda found: storage.disable(found.id, datetime.now(UTC))))


@click.command()
@email
def enable(email: str) -> None:
    """Let somebody log in again."""
    _run(lambda storage: _change(storage, email, lambda found: storage.disable(found.id, None)))


@click.command()
@email
@click.confirmation_option(prompt="Delete the account with its sessions and API keys?")
def delete(email: str) -> None:
    """Delete an account, its sessions and its API keys."""
    _run(lambda storage: _delete(storage, email))


def _ask() -> str:
    if sys.stdin.isatty():
        return click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return sys.stdin.readline().rstrip("\r\n")


def _run(work: Work) -> None:
    run(_with_storage(work))


async def _with_storage(work: Work) -> list[str]:
    async with storage_module().open_storage() as storage:
        return [*await work(storage)]


async def _create(storage: Storage, email: str, password: str, scopes: Iterable[str]) -> Iterable[str]:
    passwords = Passwords(read_settings()[AccountsSettings])
    try:
        return [_line(await storage.create(email, await passwords.hash(password), [*scopes], datetime.now(UTC)))]
    except PasswordFaultError as error:
        raise click.ClickException(str(error)) from error
    finally:
        passwords.close()


async def _list(storage: Storage) -> Iterable[str]:
    return map(_line, await all_pages(storage.list_accounts))


async def _change(
    storage: Storage, email: str, change: Callable[[Account], Awaitable[Account | None]]
) -> Iterable[str]:
    changed = await change(await _find(storage, email))
    return [_line(changed)] if changed else []


async def _delete(storage: Storage, email: str) -> Iterable[str]:
    found = await _find(storage, email)
    async with keys_module().open_storage() as keys:
        await delete_account(found.id, storage, keys)
    return [f"{found.id} {found.email} deleted"]


async def _find(storage: Storage, email: str) -> Account:
    if found := await storage.find(email):
        return found
    raise click.ClickException(f"There is no account {email}")


def _line(account: Account) -> str:
    state = "disabled" if account.disabled_at else "enabled"
    return f"{account.id} {account.email} {state} {' '.join(sorted(account.scopes))}".rstrip()
