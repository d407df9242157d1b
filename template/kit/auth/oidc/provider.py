"""Reads the documents of the identity provider: its configuration and its keys."""

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from kit.auth.oidc.settings import OidcSettings
from kit.http_client import HttpClient

WELL_KNOWN = "/.well-known/openid-configuration"
MAX_DOCUMENT = 256 * 1024  # bytes
MAX_KEYS = 100
PUBLIC_KEYS = {"RSA", "EC", "OKP"}
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}  # a compressed document can expand without end

Jwk = Mapping[str, Any]
AnyDocument = TypeVar("AnyDocument", bound=BaseModel)


class ProviderError(Exception):
    """The provider has sent something that cannot be used."""


class Configuration(BaseModel):
    """The document of OpenID Connect Discovery."""

    issuer: str
    jwks_uri: str


class KeySet(BaseModel):
    """The document with the keys."""

    keys: list[dict[str, Any]]


class Provider:
    """The identity provider, by its issuer."""

    def __init__(self, client: Callable[[], HttpClient], settings: OidcSettings) -> None:
        self._client = client
        self._issuer = settings.issuer
        self._timeout = settings.timeout

    async def keys(self) -> dict[str, Jwk]:
        """Return the public keys that sign tokens, by their ids."""
        async with asyncio.timeout(self._timeout):
            configuration = await self._read(self._issuer.rstrip("/") + WELL_KNOWN, Configuration)
            if configuration.issuer != self._issuer:
                raise ProviderError(f"its issuer is {configuration.issuer[:200]!r}, not AUTH_ISSUER, {self._issuer!r}")
            if urlsplit(configuration.jwks_uri).scheme not in {"https", urlsplit(self._issuer).scheme}:
                raise ProviderError("its jwks_uri has another scheme than AUTH_ISSUER")
            return _signing_keys(await self._read(configuration.jwks_uri, KeySet))

    async def _read(self, url: str, kind: type[AnyDocument]) -> AnyDocument:
        """Return a document; a redirect counts as an error, because it leads to a server that nobody has named."""
        path = urlsplit(url).path
        async with self._client().stream("GET", url, headers=HEADERS, follow_redirects=False) as response:
            if response.status_code != HTTPStatus.OK:
                raise ProviderError(f"it answered {response.status_code} for {path}")
            body = bytearray()
            async for part in response.aiter_raw():
                body += part
                if len(body) > MAX_DOCUMENT:
                    raise ProviderError(f"{path} is larger than {MAX_DOCUMENT} bytes")
        try:
            return kind.model_validate_json(body)
        except ValidationError:
            raise ProviderError(f"{path} is not a document of OpenID Connect") from None


def _signing_keys(document: KeySet) -> dict[str, Jwk]:
    """Return the keys with an id that can sign; a symmetric key in a public document is nobody's secret."""
    return {key["kid"]: key for key in document.keys[:MAX_KEYS] if isinstance(key.get("kid"), str) and _signs(key)}


def _signs(key: Jwk) -> bool:
    operations = key.get("key_ops", ["verify"])
    return key.get("kty") in PUBLIC_KEYS and key.get("use", "sig") == "sig" and "verify" in operations
