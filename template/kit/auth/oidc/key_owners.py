"""Owners of API keys, who are at the identity provider. It is not asked: keys go on until they end or are revoked."""

from collections.abc import AsyncGenerator
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager

from fastapi import FastAPI

from kit.auth.oidc.claims import MAX_ID


class ProviderOwners:
    """Owners of whom the service knows only the id, which is the claim `sub` of their tokens."""

    async def find(self, text: str) -> str | None:
        return text if 0 < len(text) <= MAX_ID and text.isprintable() else None

    async def allowed(self, owner: str, scopes: AbstractSet[str]) -> frozenset[str] | None:
        """Return all of these scopes: when the key was created, the token of its owner had them."""
        del owner
        return frozenset(scopes)


def owners_of(app: FastAPI) -> ProviderOwners:
    """Return the owners of the running service."""
    del app
    return ProviderOwners()


@asynccontextmanager
async def open_owners() -> AsyncGenerator[ProviderOwners]:
    """Return the owners for a command."""
    yield ProviderOwners()
