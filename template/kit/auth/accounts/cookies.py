"""Sessions with a cookie, which scripts in a browser cannot read. The database has a hash of it."""

import hmac

from fastapi import FastAPI, Request, Response
from fastapi.requests import HTTPConnection

from kit.auth.accounts.service import Accounts
from kit.auth.accounts.storage import Account
from kit.auth.cookies.cookie import SessionCookie, new_value
from kit.auth.cookies.origins import check_origin, check_sender
from kit.auth.user import User
from kit.errors import UnauthorizedException
from kit.settings import Environment, Settings


class CookieUser(User, frozen=True):
    """A user who sends a session cookie."""


class SessionCookies:
    """The sessions with cookies of a running service."""

    def __init__(self, accounts: Accounts, settings: Settings) -> None:
        self._accounts = accounts
        self._trusted = settings.cors_origins
        is_local = settings.environment is Environment.LOCAL
        self._cookie = SessionCookie(is_local=is_local, lifetime=accounts.settings.session_lifetime)

    async def user_of(self, connection: HTTPConnection) -> User | None:
        """Return the user of a request's cookie, or `None` without one. The session is looked up each time."""
        if (value := self._cookie.read(connection)) is None:
            return None
        check_origin(connection, self._trusted)
        found = await self._accounts.storage.session_of(_digest(value))
        if found is None:
            raise UnauthorizedException("The session has ended")
        account = found.account
        return CookieUser(id=str(account.id), scopes=account.scopes, claims={"sid": str(found.id)})

    def check_sender(self, request: Request) -> None:
        """Refuse a log in from a page of another origin: its user would work in an account of somebody else."""
        check_sender(request, self._trusted)

    async def start(self, account: Account, response: Response) -> None:
        """Start a session with a new cookie; the value that a browser brings is never used again."""
        value = new_value()
        await self._accounts.start(account, _digest(value))
        self._cookie.write(response, value)

    async def replace(self, account: Account, request: Request, response: Response) -> None:
        """Start a session, and end the one that the browser has had."""
        try:
            former = self._cookie.read(request)
        except UnauthorizedException:
            former = None
        response.headers["Cache-Control"] = "no-store"
        await self.start(account, response)
        if former:
            await self._accounts.storage.end_family(_digest(former))

    def remove(self, user: User, response: Response) -> None:
        """Remove the cookie of a user who has sent it."""
        if isinstance(user, CookieUser):
            self._cookie.remove(response)


def get_session_cookies(app: FastAPI) -> SessionCookies:
    """Return the sessions with cookies of the running service."""
    return app.state.cookies


def _digest(value: str) -> str:
    """Return the hash of a cookie, which is never that of a part of a refresh token."""
    return hmac.digest(b"session cookie", value.encode(), "sha256").hex()
