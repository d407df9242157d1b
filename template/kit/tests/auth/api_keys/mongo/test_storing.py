"""API keys in a collection: the index for the list of an owner's keys."""

import pytest
from fastapi import FastAPI

from kit.mongo import get_database

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def test_keys_are_found_by_their_owner(app: FastAPI) -> None:
    async with get_database(app).session() as session:
        found = await session["auth_api_keys"].index_information()
    assert found["owner_1__id_1"]["key"] == [("owner", 1), ("_id", 1)]
