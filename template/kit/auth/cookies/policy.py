"""The policy of services that take session cookies too, with both schemes for the OpenAPI document."""

from typing import Annotated

from fastapi import Depends
from fastapi.openapi.models import APIKey, APIKeyIn, HTTPBearer
from fastapi.requests import HTTPConnection
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase

from kit.auth import bearer
from kit.auth.admission import admit, bearer_token
from kit.auth.cookies.cookie import LOCAL_NAME, NAME
from kit.auth.cookies.users import get_cookies
from kit.auth.user import User
from kit.errors import UnauthorizedException

DESCRIPTION = f"From `POST /auth/login/cookie`. With `ENVIRONMENT=local`, its name is `{LOCAL_NAME}`."


class Stated(SecurityBase):
    """A scheme that the document states, and that `user_of` looks for."""

    async def __call__(self) -> None:
        """Do nothing: one place decides which of several credentials counts."""


class Bearer(Stated):
    model = HTTPBearer(bearerFormat="JWT")
    scheme_name = "bearer"


class Cookie(Stated):
    # The name in Python is that of the alias, which pyright does not know.
    model = APIKey.model_validate({"in": APIKeyIn.cookie, "name": NAME, "description": DESCRIPTION})
    scheme_name = "cookie"


async def user_of(connection: HTTPConnection) -> User:
    """Return the user of the header, or else of the cookie. A header that is not valid has no cookie to help it."""
    if bearer_token(connection) is not None:
        return await bearer.user_of(connection)
    if user := await get_cookies(connection.app).user_of(connection):
        return user
    raise UnauthorizedException("This needs a bearer token or a session cookie")


async def authenticated(
    connection: HTTPConnection,
    scopes: SecurityScopes,
    _bearer: Annotated[None, Depends(Bearer())],
    _cookie: Annotated[None, Depends(Cookie())],
) -> User:
    """Return the user of a bearer token or of a session cookie."""
    return await admit(user_of, connection, scopes.scopes)
