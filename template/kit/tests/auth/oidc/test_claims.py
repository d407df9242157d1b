"""The scopes and roles of the providers' tokens, and the tokens that are no access tokens."""

from typing import Any

import jwt
import pytest

from kit.auth.oidc.claims import user_of
from kit.auth.oidc.settings import OidcSettings

CLAIMS: dict[str, Any] = {"sub": "ada", "aud": "shop"}

PROVIDERS: dict[str, tuple[str, dict[str, Any], set[str]]] = {
    "Keycloak": (
        "realm_access.roles",
        {"typ": "Bearer", "scope": "profile items:read", "realm_access": {"roles": ["admin"]}},
        {"profile", "items:read", "admin"},
    ),
    "Keycloak, of a client": (
        "resource_access.shop.roles",
        {"typ": "Bearer", "resource_access": {"shop": {"roles": ["seller"]}}},
        {"seller"},
    ),
    "Entra ID": (
        "roles",
        {"scp": "items:read items:write", "roles": ["Admin"]},
        {"items:read", "items:write", "Admin"},
    ),
    "Auth0": ("permissions", {"scope": "openid", "permissions": ["items:read"]}, {"openid", "items:read"}),
    "Auth0, by an action": ("https://shop.example.com/roles", {"https://shop.example.com/roles": ["a"]}, {"a"}),
    "Zitadel": (
        "urn:zitadel:iam:org:project:roles",
        {"urn:zitadel:iam:org:project:roles": {"admin": {"1": "shop.example.com"}}},
        {"admin"},
    ),
    "Cognito": (
        "cognito:groups",
        {"aud": None, "client_id": "shop", "token_use": "access", "scope": "a/b", "cognito:groups": ["admin"]},
        {"a/b", "admin"},
    ),
    "Okta": ("roles", {"scp": ["items:read"]}, {"items:read"}),
}


def user_with(claims: dict[str, Any], path: str = "roles", typ: str | None = "JWT") -> Any:
    settings = OidcSettings(audience=("shop",), roles_claim=path)
    merged = {name: value for name, value in (CLAIMS | claims).items() if value is not None}
    return user_of({"typ": typ} if typ else {}, merged, settings)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_scopes_and_roles_are_one_set(provider: str) -> None:
    path, claims, scopes = PROVIDERS[provider]
    assert user_with(claims, path).scopes == scopes


@pytest.mark.parametrize("value", [None, 7, True, [7, None], {"deep": 1}, "", [["a"]]])
def test_roles_of_another_shape_are_none(value: Any) -> None:
    assert user_with({"roles": {"names": value}}, "roles.names.deep").scopes == set()


@pytest.mark.parametrize("typ", [None, "JWT", "at+jwt", "AT+JWT", "application/at+jwt", "jwt"])
def test_these_types_of_the_header_are_access_tokens(typ: str | None) -> None:
    assert user_with({}, typ=typ).id == "ada"


@pytest.mark.parametrize("typ", ["logout+jwt", "dpop+jwt", "secevent+jwt", "id+jwt"])
def test_other_types_of_the_header_are_refused(typ: str) -> None:
    with pytest.raises(jwt.InvalidTokenError, match="not an access token"):
        user_with({}, typ=typ)


def test_a_nonce_does_not_matter_in_a_token_that_says_it_is_an_access_token() -> None:
    """Keycloak wrote it into access tokens until version 24."""
    assert user_with({"typ": "Bearer", "nonce": "n"}).id == "ada"


@pytest.mark.parametrize(
    "claims", [{"token_use": "id", "client_id": "shop"}, {"client_id": "shop"}, {"aud": {"shop": 1}}]
)
def test_only_access_tokens_of_cognito_have_their_audience_elsewhere(claims: dict[str, Any]) -> None:
    with pytest.raises(jwt.InvalidAudienceError):
        user_with({"aud": None, **claims})


def test_the_claims_are_not_shown() -> None:
    user = user_with({"email": "ada@example.com"})
    assert user.claims["email"] == "ada@example.com"
    assert "example.com" not in f"{user!r} {user.model_dump_json()}"


def test_the_id_of_a_user_has_at_most_255_characters() -> None:
    assert user_with({"sub": "a" * 255}).id == "a" * 255
    with pytest.raises(jwt.InvalidTokenError, match="255"):
        user_with({"sub": "a" * 256})
