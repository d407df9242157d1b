"""A service whose keys are tested, and keys that are made by its route."""

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from httpx2 import AsyncClient

from kit.auth.api_keys.settings import ApiKeysSettings
from kit.testing.auth import authorization
from kit.testing.service import ask, create_app, given
from kit.tests.auth.calls import router

ROUTE = "/auth/api-keys"


@asynccontextmanager
async def serving(**settings: Any) -> AsyncGenerator[FastAPI]:
    app = create_app(given(), ApiKeysSettings(**settings))
    app.include_router(router)
    async with app.router.lifespan_context(app):
        yield app


async def make(owner: AsyncClient, scopes: Collection[str] = (), **body: Any) -> dict[str, Any]:
    """Return a new key of a user, as the service answers."""
    response = await owner.post(ROUTE, json={"name": "a", "scopes": [*scopes], **body})
    assert response.status_code == 201, response.text
    return response.json()


def with_key(app: FastAPI, key: str) -> AsyncClient:
    return ask(app, headers=authorization(key))
