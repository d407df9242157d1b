"""A small identity provider: discovery, keys that rotate, signed tokens, and faults. For tests and development only.

joserfc signs its tokens, and PyJWT verifies them in the service, so that two implementations meet.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Generator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Self
from urllib.parse import parse_qsl
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from kit.settings.settings import PROJECT
from kit.testing.auth import TokenOf
from kit.testing.code_flow import CORS, CodeFlow

Key = RSAKey | ECKey
Fault = Callable[[BaseHTTPRequestHandler], bool]
LIFETIME = 3600


class Provider:
    """An identity provider on a port of this machine; it gives a token with any scopes to everybody who asks."""

    def __init__(self, port: int = 0, audience: str = PROJECT["name"]) -> None:
        self.audience = audience
        self.requests: Counter[str] = Counter()
        self.fault: Fault | None = None
        """Answers each request first, and returns whether the request is done with."""
        self.published: list[Key] = []
        self.documents: dict[str, Any] = {}
        """Members of the configuration that replace the right ones."""
        self.scopes = ["items:read", "items:write"]
        """The scopes that it offers; it gives every other one too."""
        self.code_flow = CodeFlow()
        self.rotate("RSA")
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self.issuer = f"http://localhost:{self._server.server_port}/default"
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def rotate(self, kind: str = "EC", *, keep: bool = True) -> Key:
        """Sign with a new key from now on, and publish the former ones only if they are kept."""
        key = new_key(kind)
        self.published = [*(self.published if keep else ()), key]
        return key

    def token(
        self,
        subject: str = "ada",
        scopes: Collection[str] = (),
        *,
        key: Key | None = None,
        header: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """Return an access token; a claim or a part of the header that is `None` is left out."""
        signing, now = key or self.published[-1], int(time.time())
        all_claims = {"iss": self.issuer, "aud": self.audience, "sub": subject, "scope": " ".join(sorted(scopes))}
        all_claims |= {"iat": now, "nbf": now, "exp": now + LIFETIME, **claims}
        all_header = {"typ": "at+jwt", "alg": signing.get("alg"), "kid": signing.kid, **(header or {})}
        allowed = [str(all_header["alg"])]
        return jwt.encode(_without_none(all_header), _without_none(all_claims), signing, allowed, default_type=None)

    def answer(self, path: str, body: str) -> dict[str, Any] | None:
        """Return the document at a path, or `None`."""
        if path == "/default/.well-known/openid-configuration":
            urls = {"jwks_uri": f"{self.issuer}/jwks", "token_endpoint": f"{self.issuer}/token"}
            urls["authorization_endpoint"] = f"{self.issuer}/authorize"
            flow = {"grant_types_supported": ["authorization_code"], "scopes_supported": self.scopes}
            return {"issuer": self.issuer, **urls, **flow, **self.documents}
        if path == "/default/jwks":
            return {"keys": [key.as_dict(private=False) for key in self.published]}
        if path == "/default/token":
            form = dict(parse_qsl(body))
            asked = self.code_flow.finish(form) if form.get("grant_type") == "authorization_code" else form
            return None if asked is None else self._tokens(asked)
        return None

    def _tokens(self, asked: Mapping[str, str]) -> dict[str, Any]:
        token = self.token(asked.get("client_id", "ada"), asked.get("scope", "").split())
        return {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME}


def new_key(kind: str = "EC", kid: str | None = None) -> Key:
    """Return a new key of this kind, `RSA` or `EC`, with a new id or this one."""
    kid = kid or uuid4().hex
    if kind == "RSA":
        return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": kid})
    return ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": kid})


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            provider.requests[self.path] += 1
            if provider.fault and provider.fault(self):
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            path, _, query = self.path.partition("?")
            if path == "/default/authorize" and (target := provider.code_flow.start(query)):
                answer(self, 302, "", Location=target)
                return
            document = provider.answer(path, body)
            answer(self, 404 if document is None else 200, json.dumps(document), **CORS)

        do_POST = do_GET  # noqa: N815

        def do_OPTIONS(self) -> None:
            answer(self, 204, "", **CORS)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - of the base class
            """Say nothing: a failed test shows what matters."""

    return Handler


def answer(request: BaseHTTPRequestHandler, status: int, body: str, **headers: str) -> bool:
    """Answer a request of the provider."""
    request.send_response(status)
    for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body.encode())
    return True


@pytest.fixture(scope="session", autouse=True)
def provider() -> Generator[Provider]:
    """Start the provider of the test run, and make it the issuer of the service."""
    with Provider() as provider, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AUTH_ISSUER", provider.issuer)
        environment.delenv("AUTH_AUDIENCE", raising=False)
        yield provider


@pytest.fixture
def production(production: dict[str, str]) -> dict[str, str]:
    """Add an issuer that production accepts; the provider of the tests has no certificate."""
    return {**production, "AUTH_ISSUER": "https://login.example.com/default"}


@pytest.fixture(scope="session")
def token_of(provider: Provider) -> TokenOf:
    """Return what makes the token of a user with these scopes."""

    async def token(user_id: str, scopes: Collection[str]) -> str:
        return provider.token(user_id, scopes)

    return token


def serve(port: int) -> None:
    """Run a provider until the process ends."""
    with Provider(port):
        Event().wait()
