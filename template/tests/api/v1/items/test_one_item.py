"""Requests for one item."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from httpx2 import AsyncClient

from tests.api.v1.items.conftest import ITEMS, CreateItem

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def test_a_new_item_comes_back_with_an_id_and_times(create_item: CreateItem) -> None:
    item = await create_item(quantity=3)
    assert {name: item[name] for name in ("sku", "name", "quantity")} == {"sku": "a-1", "name": "Anvil", "quantity": 3}
    assert UUID(item["id"]).version == 7
    created = datetime.fromisoformat(item["created_at"])
    assert created.utcoffset() == timedelta()
    assert abs(datetime.now(UTC) - created) < timedelta(minutes=1)


async def test_an_item_can_be_read_by_its_id(client: AsyncClient, create_item: CreateItem) -> None:
    item = await create_item()
    answer = await client.get(f"{ITEMS}/{item['id']}")
    assert (answer.status_code, answer.json()) == (200, item)


async def test_a_client_that_has_an_item_gets_it_again_when_it_has_changed(
    client: AsyncClient, create_item: CreateItem
) -> None:
    path = f"{ITEMS}/{(await create_item())['id']}"
    etag = (await client.get(path)).headers["ETag"]
    same = await client.get(path, headers={"If-None-Match": etag})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)
    await client.patch(path, json={"quantity": 4})
    changed = await client.get(path, headers={"If-None-Match": etag})
    assert (changed.status_code, changed.json()["quantity"], changed.headers["ETag"] != etag) == (200, 4, True)


@pytest.mark.parametrize("text", ["Ünïcödé", "日本語", "🔨", 'O\'Reilly \\ "quoted"', "%_", " spaces "])
async def test_texts_come_back_unchanged(client: AsyncClient, create_item: CreateItem, text: str) -> None:
    item = await create_item(sku=text, name=text)
    read = (await client.get(f"{ITEMS}/{item['id']}")).json()
    assert (read["sku"], read["name"]) == (text, text)


async def test_a_duplicate_key_is_a_conflict(client: AsyncClient, create_item: CreateItem) -> None:
    await create_item()
    answer = await client.post(ITEMS, json={"sku": "a-1", "name": "Another"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")


@pytest.mark.parametrize("sku", ["A-1", "a-1 ", "á-1"])
async def test_keys_that_differ_in_a_byte_are_different(create_item: CreateItem, sku: str) -> None:
    await create_item()
    assert (await create_item(sku=sku))["sku"] == sku


async def test_a_patch_changes_only_its_fields(client: AsyncClient, create_item: CreateItem) -> None:
    item = await create_item(quantity=3)
    answer = await client.patch(f"{ITEMS}/{item['id']}", json={"quantity": 4})
    changed = answer.json()
    assert (answer.status_code, changed) == (200, item | {"quantity": 4, "updated_at": changed["updated_at"]})
    assert changed["updated_at"] > item["updated_at"]
    assert (await client.get(f"{ITEMS}/{item['id']}")).json() == changed


async def test_a_patch_that_changes_nothing_keeps_the_time(client: AsyncClient, create_item: CreateItem) -> None:
    item = await create_item(quantity=3)
    assert (await client.patch(f"{ITEMS}/{item['id']}", json={"quantity": 3})).json() == item


async def test_a_patch_to_a_duplicate_key_is_a_conflict(client: AsyncClient, create_item: CreateItem) -> None:
    await create_item()
    other = await create_item(sku="b-2")
    answer = await client.patch(f"{ITEMS}/{other['id']}", json={"sku": "a-1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")


async def test_a_deleted_item_is_gone(client: AsyncClient, create_item: CreateItem) -> None:
    item = await create_item()
    answer = await client.delete(f"{ITEMS}/{item['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await client.get(f"{ITEMS}/{item['id']}")).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_an_unknown_item_is_not_found(client: AsyncClient, method: str) -> None:
    unknown = uuid4()
    answer = await client.request(method, f"{ITEMS}/{unknown}", json={} if method == "PATCH" else None)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert str(unknown) in answer.json()["error"]["message"]


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_an_invalid_id_is_refused(client: AsyncClient, method: str) -> None:
    answer = await client.request(method, f"{ITEMS}/seven", json={} if method == "PATCH" else None)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"sku": "a-1"},
        {"sku": "", "name": "Anvil"},
        {"sku": "a" * 256, "name": "Anvil"},
        {"sku": "a\x00", "name": "Anvil"},
        {"sku": "a-1", "name": "Anvil", "quantity": -1},
        {"sku": "a-1", "name": "Anvil", "quantity": 2**31},
        {"sku": "a-1", "name": "Anvil", "quantity": "many"},
        {"sku": "a-1", "name": "Anvil", "colour": "red"},
        [],
    ],
)
async def test_an_invalid_item_is_refused(client: AsyncClient, item: object) -> None:
    answer = await client.post(ITEMS, json=item)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION_ERROR")
    assert (await client.get(ITEMS)).json()["items"] == []
