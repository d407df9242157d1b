"""Lets in the user of a request, or says why not."""

from collections.abc import Collection

from fastapi import WebSocketException
from fastapi.requests import HTTPConnection
from starlette.status import WS_1008_POLICY_VIOLATION, WS_1013_TRY_AGAIN_LATER
from structlog.contextvars import bind_contextvars

from kit.auth.user import User, get_cookies, get_verifier
from kit.errors import AppException, ForbiddenException, ServiceUnavailableException, UnauthorizedException


async def admit(connection: HTTPConnection, scopes: Collection[str]) -> User:
    """Return the user of a request, who must have these scopes.

    Without a valid token the response is 401, and without a scope 403. A WebSocket is refused before it is accepted.
    """
    try:
        user = await _user_of(connection)
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


async def _user_of(connection: HTTPConnection) -> User:
    """Return the user of the header, or else of the cookie. A header that is not valid has no cookie to help it."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if token.strip() and scheme.lower() == "bearer":
        return await get_verifier(connection.app).user_of(token.strip())
    cookies = get_cookies(connection.app)
    if cookies and (user := await cookies.user_of(connection)):
        return user
    raise UnauthorizedException("This needs a bearer token" + (" or a session cookie" if cookies else ""))
