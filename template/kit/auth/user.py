"""The user of a request, and what finds the user of a token."""

from typing import Any, Protocol

from fastapi import FastAPI
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


def get_verifier(app: FastAPI) -> Verifier:
    """Return what verifies the tokens of this service."""
    return app.state.verifier
