"""What "Authorize" in `/docs` needs: the OpenAPI document names the provider, which gives a token for a code."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx2 import AsyncClient, Response

from kit.auth.oidc.settings import OidcSettings
from kit.testing.provider import Provider
from kit.testing.service import ask, create_app, given, started
from kit.tests.auth.calls import router
from kit.tests.trial import add_routes

pytestmark = pytest.mark.anyio

TARGET = "http://localhost/docs/oauth2-redirect"
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


async def test_the_document_names_the_provider(provider: Provider) -> None:
    async with started(given()) as app, ask(app) as client:
        add_routes(app, router)
        document = (await client.get("/openapi.json")).json()
        assert app.openapi() == document
    url = f"{provider.issuer}/.well-known/openid-configuration"
    assert document["components"]["securitySchemes"]["provider"] == {"type": "openIdConnect", "openIdConnectUrl": url}
    needed = [
        operation["security"]
        for operations in document["paths"].values()
        for operation in operations.values()
        if "security" in operation
    ]
    assert all(first["bearer"] == second["provider"] for first, second in needed)
    assert "provider" not in create_app(given()).openapi().get("components", {}).get("securitySchemes", {})


@pytest.mark.parametrize("client_id", ["", "docs"])
async def test_the_page_logs_in_with_pkce_and_the_client_of_the_settings(provider: Provider, client_id: str) -> None:
    async with started(given(), OidcSettings(issuer=provider.issuer, docs_client=client_id)) as app:
        assert app.swagger_ui_init_oauth == {"clientId": client_id, "usePkceWithAuthorizationCodeGrant": True}


class Flow:
    """A page that logs in at the provider."""

    def __init__(self, client: AsyncClient, issuer: str) -> None:
        self.client = client
        self.issuer = issuer

    async def start(self, **changes: str) -> Response:
        asked = {"response_type": "code", "client_id": "grace", "scope": "items:read", "redirect_uri": TARGET}
        asked |= {"state": "1", "code_challenge": CHALLENGE, "code_challenge_method": "S256", **changes}
        return await self.client.get(f"{self.issuer}/authorize", params=asked)

    async def code(self) -> str:
        return parse_qs(urlsplit((await self.start()).headers["Location"]).query)["code"][0]

    async def finish(self, code: str, **changes: str) -> int:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": TARGET, "code_verifier": VERIFIER}
        return (await self.client.post(f"{self.issuer}/token", data=form | changes)).status_code


async def test_the_provider_of_the_tests_gives_a_token_once_to_the_page_that_asked(provider: Provider) -> None:
    async with AsyncClient() as client:
        flow = Flow(client, provider.issuer)
        for wrong in ({"code_verifier": "x" * 43}, {"redirect_uri": "http://localhost/other"}, {"code": "x"}):
            assert await flow.finish(**{"code": await flow.code(), **wrong}) == 404
        code = await flow.code()
        assert [await flow.finish(code), await flow.finish(code)] == [200, 404]


@pytest.mark.parametrize(
    "change",
    [{"redirect_uri": "http://evil.test/docs"}, {"code_challenge_method": "plain"}, {"response_type": "token"}],
)
async def test_the_provider_of_the_tests_refuses_another_flow(provider: Provider, change: dict[str, str]) -> None:
    async with AsyncClient() as client:
        assert (await Flow(client, provider.issuer).start(**change)).status_code == 404
