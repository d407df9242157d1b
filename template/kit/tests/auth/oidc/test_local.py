"""The provider of development, which `python -m app servers` runs."""

import pytest
from httpx2 import AsyncClient

from kit.auth.oidc.settings import OidcSettings
from kit.testing.local.commands import wanted
from kit.testing.local.oidc import OidcProvider
from kit.testing.local.server import temporary
from kit.testing.provider import Provider
from kit.testing.service import ask, given, started
from kit.tests.auth.calls import router
from kit.tests.trial import add_routes

pytestmark = pytest.mark.anyio


async def test_a_service_accepts_the_tokens_of_the_program() -> None:
    form = {"grant_type": "client_credentials", "client_id": "grace", "client_secret": "any", "scope": "a b"}
    with temporary(OidcProvider) as issuer:
        async with AsyncClient() as client:
            token = (await client.post(f"{issuer}/token", data=form)).json()["access_token"]
        async with started(given(), OidcSettings(issuer=issuer)) as app, ask(app) as client:
            add_routes(app, router)
            answer = await client.get("/trial/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["id"] == "grace"
    assert {*answer.json()["scopes"]} == {"a", "b"}


def test_the_issuer_of_this_machine_is_a_server_to_run(capsys: pytest.CaptureFixture[str]) -> None:
    ((server, settings),) = wanted([OidcSettings(issuer="http://localhost:8099/default")])
    assert isinstance(server, OidcProvider)
    assert (server.port, settings) == (8099, {"AUTH_ISSUER": "http://localhost:8099/default"})
    assert server.hint().endswith(" http://localhost:8099/default/token")
    assert wanted([OidcSettings(issuer="http://login.example.com/default")]) == []
    assert wanted([OidcSettings(issuer="https://login.example.com/default")]) == []
    assert capsys.readouterr().out == "AUTH_ISSUER does not point at a server of this machine.\n"


def test_the_documents_are_complete(provider: Provider) -> None:
    configuration = provider.answer("/default/.well-known/openid-configuration", "")
    assert configuration
    assert provider.answer(configuration["jwks_uri"].removeprefix(provider.issuer.removesuffix("/default")), "")
    keys = (provider.answer("/default/jwks", "") or {})["keys"]
    assert keys
    assert not any({"d", "p", "q"} & key.keys() for key in keys)
