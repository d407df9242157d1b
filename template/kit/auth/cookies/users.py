"""What finds the users of session cookies."""

from typing import Protocol

from fastapi import FastAPI
from fastapi.requests import HTTPConnection

from kit.auth.user import User


class Cookies(Protocol):
    """Finds the users of session cookies."""

    async def user_of(self, connection: HTTPConnection) -> User | None:
        """Return the user of a request's cookie, or `None` without one; raise `AppException` for one that is wrong."""
        ...


def get_cookies(app: FastAPI) -> Cookies:
    """Return what finds users by cookies."""
    return app.state.cookies
