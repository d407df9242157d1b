"""The commands of `python -m app api-keys`. They work on the database of the settings, also while the service runs."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import click
from pydantic import TypeAdapter, ValidationError

from kit.auth.api_keys.owners import owners_module
from kit.auth.api_keys.schemas import MAX_LIFE, Name, Scope
from kit.auth.api_keys.service import ApiKeys
from kit.auth.api_keys.settings import ApiKeysSettings
from kit.auth.api_keys.storage import ApiKey, storage_module
from kit.auth.running import all_pages, run
from kit.settings import read_settings

Work = Callable[[ApiKeys], Awaitable[Iterable[str]]]


def _checked(kind: Any) -> Callable[[object, click.Parameter, Any], Any]:
    """Return a callback that checks an argument as the routes do."""

    def check(_context: object, parameter: click.Parameter, value: Any) -> Any:
        try:
            return TypeAdapter[Any](kind).validate_python(value)
        except ValidationError as error:
            raise click.BadParameter(f"it is no {parameter.name}: {error.errors()[0]['msg']}") from None

    return check


@click.command()
@click.argument("owner")
@click.argument("name", callback=_checked(Name))
@click.option(
    "--scope", "scopes", multiple=True, callback=_checked(list[Scope]), help="What it may do; can be repeated."
)
@click.option("--days", type=click.IntRange(1, MAX_LIFE), help="When it ends; without this, it does not.")
def create(owner: str, name: str, scopes: list[str], days: int | None) -> None:
    """Create a key of a user, and print it. It is shown only now."""
    _run(lambda keys: _create(keys, owner, name, frozenset(scopes), days))


@click.command("list")
@click.option("--owner", help="Only the keys of this user.")
def list_keys(owner: str | None) -> None:
    """List all keys, without their secrets."""
    _run(lambda keys: _list(keys, owner))


@click.command()
@click.argument("key_id", metavar="ID", type=click.UUID)
def revoke(key_id: UUID) -> None:
    """Revoke a key: it is refused from now on."""
    _run(lambda keys: _revoke(keys, key_id))


def _run(work: Work) -> None:
    run(_with_keys(work))


async def _with_keys(work: Work) -> list[str]:
    most = read_settings()[ApiKeysSettings].max_api_keys
    async with storage_module().open_storage() as storage, owners_module().open_owners() as owners:
        return [*await work(ApiKeys(storage, owners, most))]


async def _create(keys: ApiKeys, owner: str, name: str, scopes: frozenset[str], days: int | None) -> Iterable[str]:
    ends = datetime.now(UTC) + timedelta(days=days) if days else None
    return [(await keys.create(await _find(keys, owner), name, scopes, ends)).text]


async def _list(keys: ApiKeys, owner: str | None) -> Iterable[str]:
    owner_id = None if owner is None else await _find(keys, owner)
    return map(_line, await all_pages(partial(keys.storage.list_keys, owner_id)))


async def _revoke(keys: ApiKeys, key_id: UUID) -> Iterable[str]:
    await keys.revoke(key_id)
    revoked = await keys.storage.get(key_id)
    return [_line(revoked)] if revoked else []


async def _find(keys: ApiKeys, owner: str) -> str:
    if found := await keys.owners.find(owner):
        return found
    raise click.ClickException(f"There is no user {owner!r}")


def _line(key: ApiKey) -> str:
    expired = key.expires_at and key.expires_at <= datetime.now(UTC)
    state = "revoked" if key.revoked_at else "expired" if expired else "valid"
    return f"{key.id} {state} {key.owner} {key.name!r} {' '.join(sorted(key.scopes))}".rstrip()
