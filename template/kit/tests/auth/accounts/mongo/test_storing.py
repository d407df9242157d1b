"""Accounts in collections: the indexes on which their promises rest."""

from typing import Any

import pytest
from fastapi import FastAPI

from kit.mongo import get_database

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def indexes_of(app: FastAPI, collection: str) -> dict[str, Any]:
    async with get_database(app).session() as session:
        return dict(await session[collection].index_information())


async def test_an_address_is_unique(app: FastAPI) -> None:
    assert (await indexes_of(app, "auth_accounts"))["email_1"]["unique"]


async def test_the_server_removes_expired_sessions(app: FastAPI) -> None:
    found = await indexes_of(app, "auth_sessions")
    assert found["expires_at_1"]["expireAfterSeconds"] == 0
    assert found["family_1"]["unique"]
    assert "account_id_1" in found
