"""The policy of services that take session cookies too, with both schemes for the OpenAPI document."""

from typing import Annotated

from fastapi import Depends
from fastapi.openapi.models import APIKey, APIKeyIn, HTTPBearer
from fastapi.requests import HTTPConnection
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase

from kit.auth.admission import admit
from kit.auth.cookies.cookie import LOCAL_NAME, NAME
from kit.auth.user import User

DESCRIPTION = f"From `POST /auth/login/cookie`. With `ENVIRONMENT=local`, its name is `{LOCAL_NAME}`."


class Stated(SecurityBase):
    """A scheme that the document states, and that `admit` looks for."""

    async def __call__(self) -> None:
        """Do nothing: one place decides which of several credentials counts."""


class Bearer(Stated):
    model = HTTPBearer(bearerFormat="JWT")
    scheme_name = "bearer"


class Cookie(Stated):
    # The name in Python is that of the alias, which pyright does not know.
    model = APIKey.model_validate({"in": APIKeyIn.cookie, "name": NAME, "description": DESCRIPTION})
    scheme_name = "cookie"


async def authenticated(
    connection: HTTPConnection,
    scopes: SecurityScopes,
    _bearer: Annotated[None, Depends(Bearer())],
    _cookie: Annotated[None, Depends(Cookie())],
) -> User:
    """Return the user of a bearer token or of a session cookie."""
    return await admit(connection, scopes.scopes)
