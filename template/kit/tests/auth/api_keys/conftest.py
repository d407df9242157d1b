"""A service with some more routes, since a new one can have none that needs a user, and somebody who makes keys."""

from collections.abc import AsyncGenerator

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from kit.auth.api_keys.routes import MANAGE
from kit.auth.api_keys.service import ApiKeys, get_api_keys
from kit.testing.auth import AsUser, scopes_of
from kit.tests.auth.api_keys.making import serving


@pytest.fixture(scope="module")
async def app() -> AsyncGenerator[FastAPI]:
    async with serving(max_api_keys=0) as app:
        yield app


@pytest.fixture
def keys(app: FastAPI) -> ApiKeys:
    return get_api_keys(app)


@pytest.fixture
def owner(app: FastAPI, as_user: AsUser, database: object) -> AsyncClient:
    """Return a user with every scope, in a database without other keys."""
    del database
    return as_user(scopes={*scopes_of(app), MANAGE})
