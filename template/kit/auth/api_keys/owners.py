"""What the service knows of the users who own keys."""

from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from typing import Protocol, cast

from fastapi import FastAPI

from kit.discovery import modules


class Owners(Protocol):
    """The users who own keys."""

    async def find(self, text: str) -> str | None:
        """Return the id of the user whom a command names, or `None` if there is none."""
        ...

    async def allowed(self, owner: str, scopes: AbstractSet[str]) -> frozenset[str] | None:
        """Return which of these scopes a user has now, or `None` if the user may not call the service any more."""
        ...


class OwnersModule(Protocol):
    """A module that knows the users of this service."""

    def owners_of(self, app: FastAPI) -> Owners: ...

    def open_owners(self) -> AbstractAsyncContextManager[Owners]: ...


def owners_module() -> OwnersModule:
    """Return the module for the users of this service; a service has one."""
    (found,) = (each for each in modules("auth/*/key_owners.py") if each.__name__.startswith("kit."))
    return cast("OwnersModule", found)
