"""The policies of routes as dependencies: `public`, `authenticated` and `requires`."""

from typing import Annotated, Any

from fastapi import Depends, Security, WebSocketException
from fastapi.requests import HTTPConnection
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from starlette.status import WS_1008_POLICY_VIOLATION, WS_1013_TRY_AGAIN_LATER
from structlog.contextvars import bind_contextvars

from kit.auth.user import User, get_verifier
from kit.errors import AppException, ForbiddenException, ServiceUnavailableException, UnauthorizedException

# The error is raised below, with the body of all errors; this is for the OpenAPI document and for "Authorize" in /docs.
bearer = HTTPBearer(scheme_name="bearer", bearerFormat="JWT", auto_error=False)


async def public() -> None:
    """Let everybody in; with this, a route says that it needs no user."""


async def authenticated(
    connection: HTTPConnection,
    scopes: SecurityScopes,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> User:
    """Return the user of the bearer token, who must have the scopes that `requires` names.

    Without a valid token the response is 401, and without a scope 403. A WebSocket is refused before it is accepted.
    """
    try:
        return await _admit(connection, scopes.scopes, credentials)
    except AppException as error:
        if connection.scope["type"] != "websocket":
            raise
        away = isinstance(error, ServiceUnavailableException)
        code = WS_1013_TRY_AGAIN_LATER if away else WS_1008_POLICY_VIOLATION
        raise WebSocketException(code, error.message) from error


def requires(scope: str, *more: str) -> Any:
    """Return the policy that lets in users with all of these scopes or roles.

    Declare it as `dependencies=[requires("items:write")]`, or `user: Annotated[User, requires("items:write")]`.
    """
    return Security(authenticated, scopes=[scope, *more])


async def _admit(
    connection: HTTPConnection, scopes: list[str], credentials: HTTPAuthorizationCredentials | None
) -> User:
    if credentials is None:
        raise UnauthorizedException("This needs a bearer token")
    user = await get_verifier(connection.app).user_of(credentials.credentials)
    bind_contextvars(user_id=user.id)
    if missing := [scope for scope in scopes if scope not in user.scopes]:
        names = " and ".join(missing)
        raise ForbiddenException(f"This needs the scope {names}", details={"missing": missing})
    connection.scope["user"] = user  # where Starlette has it too, for mounted applications
    return user


UserDep = Annotated[User, Depends(authenticated)]
