"""Fixtures for users: real accounts and sessions in the database of the tests, but without the work of a password."""

from collections.abc import Collection
from uuid import uuid4

import pytest
from fastapi import FastAPI

from kit.auth.accounts.passwords import NO_PASSWORD
from kit.auth.accounts.service import get_accounts
from kit.testing.auth import TokenOf


@pytest.fixture
def token_of(app: FastAPI) -> TokenOf:
    """Return what logs in as a new account with these scopes, and returns its access token.

    Each call makes an account: `ada` twice is two accounts, since the scopes belong to the account.
    """

    async def log_in(user_id: str, scopes: Collection[str]) -> str:
        accounts = get_accounts(app)
        email = f"{user_id}.{uuid4().hex}@example.com"
        account = await accounts.storage.create(email, NO_PASSWORD, scopes)
        return (await accounts.start_session(account)).access

    return log_in
