"""A fixture for programs: `as_api_key` makes clients that send an API key."""

from collections.abc import AsyncGenerator, Collection

import pytest
from fastapi import FastAPI

from kit.testing.auth import AsUser, TokenOf, authorization, clients
from kit.testing.service import ask


@pytest.fixture
async def as_api_key(app: FastAPI, token_of: TokenOf) -> AsyncGenerator[AsUser]:
    """Return what makes clients with a key of a user: `as_api_key(scopes={"items:read"})`."""

    async def key_of(user_id: str, scopes: Collection[str]) -> str:
        async with ask(app, headers=authorization(await token_of(user_id, scopes))) as user:
            response = await user.post("/auth/api-keys", json={"name": "test", "scopes": [*scopes]})
            return response.raise_for_status().json()["key"]

    async with clients(app, key_of) as make:
        yield make
