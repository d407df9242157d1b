"""Owners of API keys: a key has never more scopes than its account, and ends with it."""

from collections.abc import AsyncGenerator
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from uuid import UUID

from fastapi import FastAPI

from kit.auth.accounts.emails import normal
from kit.auth.accounts.storage import Account, Storage, storage_module


class AccountOwners:
    """Owners whose accounts are looked up each time."""

    def __init__(self, accounts: Storage) -> None:
        self._accounts = accounts

    async def find(self, text: str) -> str | None:
        """Return the id of the account with this address or id."""
        try:
            account = await self._accounts.find(normal(text))
        except ValueError:
            account = await self._get(text)
        return str(account.id) if account else None

    async def allowed(self, owner: str, scopes: AbstractSet[str]) -> frozenset[str] | None:
        """Return which of these scopes an account has; a disabled account has none, and no keys."""
        account = await self._get(owner)
        return None if account is None or account.disabled_at else account.scopes & scopes

    async def _get(self, owner: str) -> Account | None:
        try:
            return await self._accounts.get(UUID(owner))
        except ValueError:
            return None


def owners_of(app: FastAPI) -> AccountOwners:
    """Return the owners of the running service."""
    return AccountOwners(storage_module().storage_of(app))


@asynccontextmanager
async def open_owners() -> AsyncGenerator[AccountOwners]:
    """Open the database of the settings for a command."""
    async with storage_module().open_storage() as accounts:
        yield AccountOwners(accounts)
