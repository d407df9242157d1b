"""Requests that upsert many items."""

from datetime import datetime
from typing import Any

import pytest
from httpx2 import AsyncClient

from tests.api.v1.items.conftest import ITEMS, CreateItem

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def upsert(client: AsyncClient, *items: dict[str, Any]) -> dict[str, int]:
    answer = await client.put(ITEMS, json=items)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def read(client: AsyncClient) -> list[tuple[str, str, int]]:
    items = (await client.get(ITEMS)).json()["items"]
    return sorted((item["sku"], item["name"], item["quantity"]) for item in items)


async def test_new_changed_and_unchanged_items_are_counted(client: AsyncClient, create_item: CreateItem) -> None:
    same, changed = await create_item(sku="same"), await create_item(sku="changed")
    counts = await upsert(
        client,
        {"sku": "same", "name": "Anvil"},
        {"sku": "changed", "name": "Bolt", "quantity": 2},
        {"sku": "new", "name": "Crate"},
    )
    assert counts == {"matched": 2, "modified": 1, "upserted": 1}
    assert await read(client) == [("changed", "Bolt", 2), ("new", "Crate", 0), ("same", "Anvil", 0)]
    assert (await client.get(f"{ITEMS}/{same['id']}")).json() == same
    after = (await client.get(f"{ITEMS}/{changed['id']}")).json()
    assert after["created_at"] == changed["created_at"]
    assert datetime.fromisoformat(after["updated_at"]) > datetime.fromisoformat(changed["updated_at"])


async def test_the_last_of_two_items_with_one_key_wins(client: AsyncClient) -> None:
    assert await upsert(client, {"sku": "a", "name": "Anvil"}, {"sku": "a", "name": "Bolt"}) == {
        "matched": 0,
        "modified": 0,
        "upserted": 1,
    }
    assert await read(client) == [("a", "Bolt", 0)]


async def test_an_empty_list_changes_nothing(client: AsyncClient) -> None:
    assert await upsert(client) == {"matched": 0, "modified": 0, "upserted": 0}


async def test_a_single_item_is_counted_too(client: AsyncClient) -> None:
    item = {"sku": "a", "name": "Anvil"}
    assert await upsert(client, item) == {"matched": 0, "modified": 0, "upserted": 1}
    assert await upsert(client, item) == {"matched": 1, "modified": 0, "upserted": 0}
    assert await upsert(client, item | {"name": "Bolt"}) == {"matched": 1, "modified": 1, "upserted": 0}


async def test_an_invalid_item_among_many_changes_nothing(client: AsyncClient) -> None:
    answer = await client.put(ITEMS, json=[{"sku": "a", "name": "Anvil"}, {"sku": "b"}])
    assert answer.status_code == 422
    assert await read(client) == []


async def test_ten_thousand_items_are_accepted_and_one_more_is_refused(client: AsyncClient) -> None:
    items = [{"sku": f"{number}", "name": "Anvil"} for number in range(10_001)]
    assert await upsert(client, *items[:-1]) == {"matched": 0, "modified": 0, "upserted": 10_000}
    assert (await client.put(ITEMS, json=items)).status_code == 422
