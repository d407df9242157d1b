"""What keys can do: begin, be used, and end."""

import hmac
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from fastapi import FastAPI
from structlog.contextvars import bind_contextvars
from uuid_utils.compat import uuid7

from kit.auth.api_keys import keys
from kit.auth.api_keys.owners import Owners
from kit.auth.api_keys.storage import ApiKey, Storage
from kit.errors import ConflictException, ForbiddenException, NotFoundException, UnauthorizedException
from kit.pages import Page

USE_INTERVAL = timedelta(minutes=1)


class Verified(NamedTuple):
    """A key that counts, and the scopes that it has now."""

    key: ApiKey
    scopes: frozenset[str]


class NewKey(NamedTuple):
    """A key, and the only copy of its text."""

    key: ApiKey
    text: str


class ApiKeys:
    """The keys of a running service."""

    def __init__(self, storage: Storage, owners: Owners, most: int = 0) -> None:
        self.storage = storage
        self.owners = owners
        self._most = most

    async def create(
        self, owner: str, name: str, scopes: AbstractSet[str], expires_at: datetime | None = None
    ) -> NewKey:
        """Create a key; raise `ForbiddenException` for scopes that its owner does not have.

        Raises `ConflictException` if the owner has as many valid keys as allowed.
        """
        allowed = await self.owners.allowed(owner, scopes)
        if allowed is None:
            raise ForbiddenException("The owner of the key may not call this service")
        check_scopes(scopes, allowed)
        secret, now = keys.new_secret(), datetime.now(UTC)
        key = ApiKey(
            id=uuid7(),
            owner=owner,
            name=name,
            digest=keys.digest_of(secret),
            scopes=frozenset(scopes),
            created_at=now,
            expires_at=expires_at,
        )
        await self.storage.create(key)
        await self._check_number(key)
        return NewKey(key, keys.written(key.id, secret))

    async def verify(self, text: str) -> Verified:
        """Return the key with this text, or raise `UnauthorizedException`. It is looked up each time."""
        key, now = await self._find(text), datetime.now(UTC)
        bind_contextvars(api_key_id=str(key.id), user_id=key.owner)
        if key.revoked_at:
            raise UnauthorizedException("The API key was revoked")
        if key.expires_at and key.expires_at <= now:
            raise UnauthorizedException("The API key has expired")
        scopes = await self.owners.allowed(key.owner, key.scopes)
        if scopes is None:
            raise UnauthorizedException("The owner of the API key may not call this service any more")
        await self._use(key, now)
        return Verified(key, scopes)

    async def get_page(self, owner: str, after: UUID | None, limit: int) -> Page[ApiKey, UUID]:
        """Return the keys of an owner, oldest first."""
        found = await self.storage.list_keys(owner, after, limit + 1)
        return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)

    async def revoke(self, key_id: UUID, owner: str | None = None) -> ApiKey:
        """Revoke a key, or raise `NotFoundException`, also for a key of somebody else than this owner."""
        key = await self.storage.get(key_id)
        if key is None or owner not in {None, key.owner}:
            raise NotFoundException("API key", key_id)
        await self.storage.revoke(key_id, datetime.now(UTC))
        return key

    async def _check_number(self, key: ApiKey) -> None:
        """Remove a new key again if its owner has too many now: so also those who create many at once have no more."""
        if self._most and await self.storage.count(key.owner, key.created_at) > self._most:
            await self.storage.remove(key.id)
            raise ConflictException(
                f"A user may have {self._most} valid API keys; revoke one first", details={"limit": self._most}
            )

    async def _find(self, text: str) -> ApiKey:
        presented = keys.read(text)
        key = await self.storage.get(presented.id) if presented else None
        if presented is None or key is None or not hmac.compare_digest(key.digest, presented.digest):
            raise UnauthorizedException("The API key is not valid")
        return key

    async def _use(self, key: ApiKey, now: datetime) -> None:
        """Store that a key was used, at most once in a minute."""
        if key.last_used_at is None or key.last_used_at <= now - USE_INTERVAL:
            await self.storage.use(key.id, now, now - USE_INTERVAL)


def check_scopes(wanted: AbstractSet[str], had: AbstractSet[str]) -> None:
    """Raise `ForbiddenException` for scopes that whoever creates a key does not have."""
    if missing := sorted(wanted - had):
        names = " and ".join(missing)
        raise ForbiddenException(
            f"A key has at most the scopes of its owner, so not {names}", details={"missing": missing}
        )


def get_api_keys(app: FastAPI) -> ApiKeys:
    """Return the keys of the running service."""
    return app.state.api_keys
