"""The user of a request, and what finds the user of a token."""

from typing import Any, Protocol

from fastapi import FastAPI
from fastapi.requests import HTTPConnection
from pydantic import BaseModel, Field


class User(BaseModel, frozen=True):
    """Who sends a request. `scopes` has roles too; `claims` is all that the token says, and is in no response."""

    id: str
    scopes: frozenset[str] = frozenset()
    claims: dict[str, Any] = Field(default={}, exclude=True, repr=False)


class Verifier(Protocol):
    """Finds the users of tokens."""

    async def user_of(self, token: str) -> User:
        """Return the user of a token, or raise `UnauthorizedException`."""
        ...


class Cookies(Protocol):
    """Finds the users of session cookies."""

    async def user_of(self, connection: HTTPConnection) -> User | None:
        """Return the user of a request's cookie, or `None` without one; raise `AppException` for one that is wrong."""
        ...


def get_verifier(app: FastAPI) -> Verifier:
    """Return what verifies the tokens of this service."""
    return app.state.verifier


def get_cookies(app: FastAPI) -> Cookies | None:
    """Return what finds users by cookies, or `None` in a service that takes none."""
    return getattr(app.state, "cookies", None)
