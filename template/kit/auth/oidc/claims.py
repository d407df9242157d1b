"""What a token says, once its signature is valid: whether it is meant for this service, and its user."""

from collections.abc import Mapping
from typing import Any, cast

import jwt

from kit.auth.oidc.settings import OidcSettings
from kit.auth.user import User

Claims = Mapping[str, Any]

ACCESS_TOKEN = "at+jwt"  # noqa: S105 - RFC 9068
MAX_ID = 255  # OpenID Connect Core, 2
OF_ID_TOKENS = ("nonce", "at_hash", "c_hash")


def user_of(header: Claims, claims: Claims, settings: OidcSettings) -> User:
    """Return the user of an access token for this service; raise `jwt.InvalidTokenError` for any other token."""
    _check_audience(claims, settings.audience)
    _check_kind(header, claims)
    subject = claims["sub"]
    if not subject or len(subject) > MAX_ID:
        raise jwt.InvalidTokenError(f"Subject must have 1 to {MAX_ID} characters")
    scopes = {*_names(claims.get("scope")), *_names(claims.get("scp")), *_roles(claims, settings.roles_claim)}
    return User(id=subject, scopes=frozenset(scopes), claims=dict(claims))


def _check_audience(claims: Claims, audience: tuple[str, ...]) -> None:
    """Compare the audience exactly. Cognito writes the client into `client_id`, and no audience, into access tokens."""
    named = claims.get("aud")
    if named is None and claims.get("token_use") == "access":
        named = claims.get("client_id")
    names = {named} if isinstance(named, str) else _names(named) if _is_list(named) else set[str]()
    if names.isdisjoint(audience):
        raise jwt.InvalidAudienceError("Audience is not this service")


def _check_kind(header: Claims, claims: Claims) -> None:
    """Refuse ID, refresh and logout tokens, as far as providers mark them.

    RFC 9068 has a header `typ`, Keycloak a claim `typ`, and Cognito a claim `token_use`. Others mark only ID tokens, by
    the claims that access tokens do not need; their audience is the client.
    """
    kind = str(header.get("typ", "JWT")).lower().removeprefix("application/")
    marks = [(kind, (ACCESS_TOKEN,), kind != "jwt")]
    marks += [(str(claims[name]).lower(), good, True) for name, good in _GOOD.items() if name in claims]
    given = [(mark, good) for mark, good, says_something in marks if says_something]
    if any(mark not in good for mark, good in given):
        raise jwt.InvalidTokenError("It is not an access token")
    if "events" in claims or (not given and any(name in claims for name in OF_ID_TOKENS)):
        raise jwt.InvalidTokenError("It is not an access token")


_GOOD = {"typ": ("bearer", ACCESS_TOKEN), "token_use": ("access",)}


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _roles(claims: Claims, path: str) -> set[str]:
    """Return the roles at a path such as `realm_access.roles`; a claim can also have dots in its own name."""
    value: Any = claims
    for name in [path] if path in claims else path.split("."):
        value = cast("Claims", value).get(name) if isinstance(value, Mapping) else None
    return _names(value)


def _names(value: Any) -> set[str]:
    """Return the names in a text with spaces, in a list, or as the keys of an object, as Zitadel has them."""
    if isinstance(value, str):
        return set(value.split())
    names = cast("list[Any]", [*value]) if isinstance(value, list | dict) else []
    return {name for name in names if isinstance(name, str)}
