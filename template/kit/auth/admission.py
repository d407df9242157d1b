"""Lets in the user of a request, or says why not."""

from collections.abc import Awaitable, Callable, Collection

from fastapi import WebSocketException
from fastapi.requests import HTTPConnection
from starlette.status import WS_1008_POLICY_VIOLATION, WS_1013_TRY_AGAIN_LATER
from structlog.contextvars import bind_contextvars

from kit.auth.user import User
from kit.errors import AppException, ForbiddenException, ServiceUnavailableException
from kit.middleware.requests import EXTRA_HEADERS

UserOf = Callable[[HTTPConnection], Awaitable[User]]
"""Returns the user of a request, or raises `UnauthorizedException`."""

NO_STORE = {b"cache-control": b"no-store"}


async def admit(user_of: UserOf, connection: HTTPConnection, scopes: Collection[str]) -> User:
    """Return the user that a function finds for a request, who must have these scopes.

    Without a valid token the response is 401, and without a scope 403. A WebSocket is refused before it is accepted.
    No cache keeps the response, unless the route has another `Cache-Control`.
    """
    connection.scope.setdefault(EXTRA_HEADERS, {}).update(NO_STORE)
    try:
        user = await user_of(connection)
        bind_contextvars(user_id=user.id)
        if missing := [scope for scope in scopes if scope not in user.scopes]:
            names = " and ".join(missing)
            raise ForbiddenException(f"This needs the scope {names}", details={"missing": missing})
    except AppException as error:
        if connection.scope["type"] != "websocket":
            raise
        away = isinstance(error, ServiceUnavailableException)
        code = WS_1013_TRY_AGAIN_LATER if away else WS_1008_POLICY_VIOLATION
        raise WebSocketException(code, error.message) from error
    connection.scope["user"] = user  # where Starlette has it too, for mounted applications
    return user


def bearer_token(connection: HTTPConnection) -> str | None:
    """Return the token in the header of a request."""
    # Not `connection.headers`, which parses all headers anew for each request.
    given = next((value for name, value in connection.scope["headers"] if name == b"authorization"), b"")
    scheme, _, token = given.decode("latin-1").partition(" ")
    return (token.strip() or None) if scheme.lower() == "bearer" else None
