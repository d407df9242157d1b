"""A service with accounts, and somebody who has one."""

from collections.abc import AsyncGenerator

import pytest
from fastapi import FastAPI

from kit.auth.accounts.service import Accounts, get_accounts
from kit.tests.auth.accounts.logging_in import Client, logged_in, serving


@pytest.fixture(scope="module")
async def app() -> AsyncGenerator[FastAPI]:
    async with serving() as app:
        yield app


@pytest.fixture
def accounts(app: FastAPI) -> Accounts:
    return get_accounts(app)


@pytest.fixture
async def ada(app: FastAPI, database: object) -> Client:
    """Return somebody who is logged in, as the only one with an account."""
    del database
    return await logged_in(app)
