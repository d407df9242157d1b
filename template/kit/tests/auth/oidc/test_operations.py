"""Every operation of the OpenAPI document refuses every bad token, and lets in the right one."""

import base64
import hmac
import time
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from kit.auth import public
from kit.auth.policies import routes_of
from kit.testing.provider import Provider, new_key
from kit.testing.service import ask, create_app, given
from kit.tests.auth.calls import router
from kit.tests.auth.operations import (
    claims_replaced,
    encoded,
    header_replaced,
    operations,
    protected,
    unsigned,
    with_signature_of,
)

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def app() -> AsyncGenerator[FastAPI]:
    """Start the service with some more routes, since a new one can have none that needs a user."""
    app = create_app(given())
    app.include_router(router)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def nobody(app: FastAPI) -> AsyncGenerator[AsyncClient]:
    async with ask(app) as client:
        yield client


def every_scope(provider: Provider, app: FastAPI, **options: Any) -> str:
    return provider.token(scopes={scope for each in protected(app) for scope in each.scopes}, **options)


def signed_with_the_public_key(provider: Provider, token: str) -> str:
    """Sign by hand: libraries refuse a public key as a secret."""
    key = provider.published[0]
    content = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': key.kid})}.{token.split('.')[1]}"
    signature = hmac.digest(key.as_pem(private=False), content.encode(), "sha256")
    return f"{content}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


NOW = time.time
BAD: dict[str, Callable[[Provider, FastAPI], str | None]] = {
    "none at all": lambda _provider, _app: None,
    "garbage": lambda _provider, _app: "garbage",
    "garbage in three parts": lambda _provider, _app: "a.b.c",
    "empty parts": lambda _provider, _app: "..",
    "not in ASCII": lambda provider, app: every_scope(provider, app)[:-3] + "\xe9\xe9\xe9",
    "too long": lambda provider, app: every_scope(provider, app, filler="x" * 20_000),
    "expired": lambda provider, app: every_scope(provider, app, exp=int(NOW()) - 60),
    "not yet valid": lambda provider, app: every_scope(provider, app, nbf=int(NOW()) + 60),
    "issued in the future": lambda provider, app: every_scope(provider, app, iat=int(NOW()) + 60),
    "without an end": lambda provider, app: every_scope(provider, app, exp=None),
    "end is no number": lambda provider, app: every_scope(provider, app, exp="never"),
    "without a user": lambda provider, app: every_scope(provider, app, sub=None),
    "user is no text": lambda provider, app: every_scope(provider, app, sub=["ada"]),
    "user without a name": lambda provider, app: every_scope(provider, app, sub=""),
    "wrong audience": lambda provider, app: every_scope(provider, app, aud="another-service"),
    "several wrong audiences": lambda provider, app: every_scope(provider, app, aud=["a", "b"]),
    "audience is an object": lambda provider, app: every_scope(provider, app, aud=[{}]),
    "without an audience": lambda provider, app: every_scope(provider, app, aud=None),
    "wrong issuer": lambda provider, app: every_scope(provider, app, iss="http://localhost:1/default"),
    "issuer with a slash": lambda provider, app: every_scope(provider, app, iss=provider.issuer + "/"),
    "without an issuer": lambda provider, app: every_scope(provider, app, iss=None),
    "alg none": lambda provider, app: unsigned(every_scope(provider, app)),
    "HS256 with the public key": lambda provider, app: signed_with_the_public_key(provider, every_scope(provider, app)),
    "unknown kid": lambda provider, app: every_scope(provider, app, header={"kid": "unknown"}),
    "no kid": lambda provider, app: every_scope(provider, app, header={"kid": None}),
    "kid of another key": lambda provider, app: every_scope(
        provider, app, key=new_key("RSA"), header={"kid": provider.published[0].kid}
    ),
    "another algorithm than the key's": lambda provider, app: every_scope(
        provider, app, key=new_key("EC"), header={"kid": provider.published[0].kid}
    ),
    "truncated signature": lambda provider, app: every_scope(provider, app)[:-8],
    "no signature": lambda provider, app: every_scope(provider, app).rpartition(".")[0] + ".",
    "signature of another token": lambda provider, app: with_signature_of(
        every_scope(provider, app), provider.token("grace")
    ),
    "changed claims": lambda provider, app: claims_replaced(every_scope(provider, app), sub="grace"),
    "critical extension": lambda provider, app: header_replaced(every_scope(provider, app), crit=["x"], x=1),
    "ID token": lambda provider, app: every_scope(provider, app, header={"typ": "JWT"}, nonce="n", at_hash="h"),
    "ID token of Keycloak": lambda provider, app: every_scope(provider, app, header={"typ": "JWT"}, typ="ID"),
    "ID token of Cognito": lambda provider, app: every_scope(provider, app, header={"typ": "JWT"}, token_use="id"),
    "refresh token": lambda provider, app: every_scope(provider, app, header={"typ": "JWT"}, typ="Refresh"),
    "offline token": lambda provider, app: every_scope(provider, app, header={"typ": "JWT"}, typ="Offline"),
    "logout token": lambda provider, app: every_scope(provider, app, header={"typ": "logout+jwt"}),
    "logout token without a type": lambda provider, app: every_scope(provider, app, header={"typ": "JWT"}, events={}),
}


@pytest.mark.parametrize("kind", BAD)
async def test_every_operation_refuses_a_token_that_is(
    kind: str, app: FastAPI, nobody: AsyncClient, provider: Provider
) -> None:
    token = BAD[kind](provider, app)
    for operation in protected(app):
        response = await operation.call(nobody, token)
        found = (response.status_code, response.json()["error"]["code"], response.headers.get("WWW-Authenticate"))
        assert found == (401, "UNAUTHORIZED", "Bearer"), operation


async def test_every_operation_lets_in_a_user_with_its_scopes_and_nobody_with_less(
    app: FastAPI, nobody: AsyncClient, provider: Provider
) -> None:
    for operation in protected(app):
        response = await operation.call(nobody, provider.token(scopes=operation.scopes))
        assert response.status_code not in {401, 403}, operation
        for scope in operation.scopes:
            response = await operation.call(nobody, provider.token(scopes=operation.scopes - {scope}))
            assert (response.status_code, response.json()["error"]["details"]) == (403, {"missing": [scope]}), operation


async def test_every_operation_without_security_is_a_public_route(app: FastAPI) -> None:
    documented = {f"{each.method} {each.path}" for each in operations(app) if not each.is_protected}
    routes = {route.name: route.policies for route in routes_of(app)}
    assert {name: routes[name] for name in documented} == {name: {public} for name in documented}
