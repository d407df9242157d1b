"""A service whose keys come from a provider, and what it answers to tokens."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from httpx2 import AsyncClient, Response

from kit.auth.oidc.settings import OidcSettings
from kit.testing.auth import authorization
from kit.testing.provider import Provider, answer
from kit.testing.service import ask, given, started
from kit.tests.auth.calls import router
from kit.tests.trial import add_routes

JWKS = "/default/jwks"


@asynccontextmanager
async def serving(provider: Provider, **settings: Any) -> AsyncGenerator[AsyncClient]:
    settings = {"issuer": provider.issuer, "keys_interval": 0.2, **settings}
    async with started(given(), OidcSettings(**settings)) as app, ask(app) as client:
        add_routes(app, router)
        yield client


async def get_me(client: AsyncClient, token: str) -> Response:
    return await client.get("/trial/me", headers=authorization(token))


async def status_of(client: AsyncClient, token: str) -> int:
    return (await get_me(client, token)).status_code


async def until(client: AsyncClient, token: str, status: int) -> None:
    async with asyncio.timeout(5):
        while await status_of(client, token) != status:  # noqa: ASYNC110 - the provider tells nobody
            await asyncio.sleep(0.05)


def publishing(keys: list[dict[str, Any]], request: BaseHTTPRequestHandler) -> bool:
    """Answer requests for the keys with these."""
    return request.path == JWKS and answer(request, 200, json.dumps({"keys": keys}))
