"""The session cookie: how it is named, written, read and removed."""

import re
import secrets
from typing import Any

from fastapi import Response
from fastapi.requests import HTTPConnection

from kit.errors import UnauthorizedException

NAME = "__Host-session"
LOCAL_NAME = "session"
SECRET_BYTES = 32
VALUE = re.compile(r"[0-9a-f]{64}")


def new_value() -> str:
    """Return 256 random bits."""
    return secrets.token_hex(SECRET_BYTES)


class SessionCookie:
    """A cookie that scripts cannot read, and that browsers send to this host only, over https.

    Because of `__Host-`, they take it from no other host, such as a subdomain that somebody else has. A service that
    runs locally has neither the prefix nor https: Safari has no exception for localhost.
    """

    def __init__(self, *, is_local: bool, lifetime: int) -> None:
        self.name = LOCAL_NAME if is_local else NAME
        self._lifetime = lifetime
        # Lax, not Strict: whoever follows a link from another site is logged in. Such a request reads only.
        self._attributes: dict[str, Any] = {"path": "/", "secure": not is_local, "httponly": True, "samesite": "lax"}

    def read(self, connection: HTTPConnection) -> str | None:
        """Return the value, or `None` without the cookie; raise `UnauthorizedException` for one that is none of ours.

        Nobody knows which of two with the same name is the right one: a browser has only one with `__Host-`. The parser
        of Starlette would also take a cookie whose name begins with a space of another alphabet.
        """
        pairs = (part.partition("=") for each in connection.headers.getlist("cookie") for part in each.split(";"))
        values = [value.strip(" \t") for name, _, value in pairs if name.strip(" \t") == self.name]
        if not values:
            return None
        if len(values) > 1 or not VALUE.fullmatch(values[0]):
            raise UnauthorizedException("The session cookie is not valid")
        return values[0]

    def write(self, response: Response, value: str) -> None:
        response.set_cookie(self.name, value, max_age=self._lifetime, **self._attributes)

    def remove(self, response: Response) -> None:
        response.delete_cookie(self.name, **self._attributes)
