"""The keys as the rest of the package sees them, and what a database must do with them."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast
from uuid import UUID

from fastapi import FastAPI

from kit.discovery import modules


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key of the user `owner`. `digest` is the hash of its secret."""

    id: UUID
    owner: str
    name: str
    digest: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class Storage(Protocol):
    """Keys in a database. Each method is atomic, also against other processes, and none reads from a replica."""

    async def create(self, key: ApiKey) -> None: ...

    async def get(self, key_id: UUID) -> ApiKey | None: ...

    async def list_keys(self, owner: str | None, after: UUID | None, limit: int) -> Sequence[ApiKey]:
        """Return keys in the order of their creation: those of this owner, or all."""
        ...

    async def count(self, owner: str, at: datetime) -> int:
        """Return how many keys of an owner are valid at this time."""
        ...

    async def remove(self, key_id: UUID) -> None: ...

    async def revoke(self, key_id: UUID, at: datetime) -> None:
        """Revoke a key; one that is revoked keeps its time."""
        ...

    async def delete_all(self, owner: str) -> None:
        """Delete all keys of an owner who is no longer one."""
        ...

    async def use(self, key_id: UUID, at: datetime, unless_after: datetime) -> None:
        """Store when a key was used, unless it has been used after a time."""
        ...


class StorageModule(Protocol):
    """A package that keeps keys in the database of this service."""

    def storage_of(self, app: FastAPI) -> Storage: ...

    def open_storage(self) -> AbstractAsyncContextManager[Storage]: ...


def storage_module() -> StorageModule:
    """Return the package for the database of this service; a service has one."""
    (found,) = (each for each in modules("auth/api_keys/*/__init__.py") if each.__name__.startswith("kit."))
    return cast("StorageModule", found)
