"""The policy of services that take bearer tokens, which is also their security scheme in the OpenAPI document."""

from fastapi.openapi.models import HTTPBearer
from fastapi.requests import HTTPConnection
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase

from kit.auth.admission import admit, bearer_token
from kit.auth.user import User, get_verifier
from kit.errors import UnauthorizedException


async def user_of(connection: HTTPConnection) -> User:
    """Return the user of a bearer token."""
    if (token := bearer_token(connection)) is None:
        raise UnauthorizedException("This needs a bearer token")
    return await get_verifier(connection.app).user_of(token)


class Authenticated(SecurityBase):
    """Returns the user of a request. One object is both policy and scheme, because each dependency costs time."""

    model = HTTPBearer(bearerFormat="JWT")
    scheme_name = "bearer"

    async def __call__(self, connection: HTTPConnection, scopes: SecurityScopes) -> User:
        return await admit(user_of, connection, scopes.scopes)


authenticated = Authenticated()
