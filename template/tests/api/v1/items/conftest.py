"""Fixtures for the tests of items, which call a running service over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx2 import AsyncClient

ITEMS = "/api/v1/items"
CreateItem = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def create_item(client: AsyncClient) -> CreateItem:
    async def create(**values: Any) -> dict[str, Any]:
        answer = await client.post(ITEMS, json={"sku": "a-1", "name": "Anvil"} | values)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return create
