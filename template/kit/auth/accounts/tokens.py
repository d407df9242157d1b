"""Access tokens, which are signed and end after minutes, and refresh tokens, which are random and work once."""

import hmac
import secrets
from datetime import UTC, datetime
from hashlib import sha256
from multiprocessing import current_process
from typing import Any, NamedTuple
from uuid import UUID

import jwt
from fastapi import FastAPI

from kit.auth.accounts.settings import AccountsSettings
from kit.settings import Settings, get_settings

ALGORITHM = "HS256"  # only this service makes and reads the tokens, so one key is enough
ACCESS_TOKEN = "at+jwt"  # noqa: S105 - RFC 9068
MAX_TOKEN = 4096
SECRET_BYTES = 32
_jwt: Any = jwt.PyJWT()  # its types name those of cryptography, which a shared key does not need


class Access(NamedTuple):
    """What an access token says."""

    account_id: UUID
    session_id: UUID


class Refresh(NamedTuple):
    """The hashes of the two parts of a refresh token: of its family, and of the whole."""

    family: str
    token: str


class AccessTokens:
    """Makes and reads access tokens with a key that comes from `SECRET_KEY`."""

    def __init__(self, app: FastAPI) -> None:
        settings = get_settings(app, Settings)
        self._name = settings.app_name
        self._lifetime = get_settings(app, AccountsSettings).access_lifetime
        # Only production requires a key. Without one, tokens are valid until the service restarts: the workers of a
        # server have this random key from the process that started them.
        secret = settings.secret_key.get_secret_value().encode() if settings.secret_key else current_process().authkey
        # A key of its own: what signs cursors must not sign tokens.
        self._key = hmac.digest(secret, b"access tokens", "sha256")

    def make(self, access: Access, **claims: Any) -> str:
        """Return a token, with these claims instead of the usual ones."""
        now = int(datetime.now(UTC).timestamp())
        who = {"sub": str(access.account_id), "sid": str(access.session_id)}
        times = {"iat": now, "exp": now + self._lifetime}
        content = {"iss": self._name, "aud": self._name, **who, **times, **claims}
        return _jwt.encode(content, self._key, ALGORITHM, {"typ": ACCESS_TOKEN})

    def read(self, token: str) -> Access:
        """Return what a token says; raise `jwt.InvalidTokenError` for one that is not valid."""
        if len(token) > MAX_TOKEN:
            raise jwt.DecodeError("Token is too long")
        if jwt.get_unverified_header(token).get("typ") != ACCESS_TOKEN:
            raise jwt.InvalidTokenError("It is not an access token")
        required = ["exp", "iat", "iss", "aud", "sub", "sid"]
        claims: dict[str, Any] = _jwt.decode(
            token,
            self._key,
            algorithms=[ALGORITHM],  # never those that the token names
            issuer=self._name,
            audience=self._name,
            options={"require": required, "strict_aud": True},
        )
        try:
            return Access(UUID(claims["sub"]), UUID(claims["sid"]))
        except (ValueError, AttributeError, TypeError):
            raise jwt.InvalidTokenError("It names no session") from None


def new_refresh_token(family: str | None = None) -> str:
    """Return a random token of a new family, or the next one of the same family as this token.

    The first half names the family and is as secret as the second, so that only who has had a token of a session can
    end it by using one again.
    """
    first = family[: len(family) // 2] if family else secrets.token_hex(SECRET_BYTES)
    return first + secrets.token_hex(SECRET_BYTES)


def read_refresh(token: str) -> Refresh:
    """Return the hashes of a refresh token. A fast hash is enough for 256 random bits."""
    return Refresh(_digest(token[: len(token) // 2]), _digest(token))


def _digest(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()  # half of a surrogate pair is in no token
