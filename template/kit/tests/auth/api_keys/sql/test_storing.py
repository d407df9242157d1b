"""API keys in a table: what is read from the primary, and how much a column holds."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from kit.auth.api_keys.service import ApiKeys
from kit.auth.api_keys.sql.storing import SqlStorage
from kit.auth.api_keys.storage import ApiKey
from kit.errors import BadRequestException
from kit.sql import Database, get_database

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


def key_of(*scopes: str) -> ApiKey:
    now = datetime.now(UTC).replace(microsecond=0)
    return ApiKey(id=uuid4(), owner="ada", name="a", digest="0" * 64, scopes=frozenset(scopes), created_at=now)


async def test_a_replica_that_is_behind_or_away_keeps_no_key_alive(
    app: FastAPI, keys: ApiKeys, unreachable_url: SecretStr
) -> None:
    key = key_of("a", "b")
    await keys.storage.create(key)
    options = get_database(app).options
    database = Database(options.model_copy(update={"read_url": unreachable_url}))
    storage = SqlStorage(database)
    assert await storage.get(key.id) == key
    assert await storage.list_keys("ada", None, 10) == [key]
    await database.close()


async def test_owners_are_told_apart_by_case(keys: ApiKeys) -> None:
    await keys.storage.create(key_of())
    assert await keys.storage.list_keys("Ada", None, 10) == []


async def test_more_scopes_than_a_column_holds_are_refused(keys: ApiKeys) -> None:
    with pytest.raises(BadRequestException, match="4000 characters"):
        await keys.storage.create(key_of(*(f"scope{number:04}" for number in range(500))))
