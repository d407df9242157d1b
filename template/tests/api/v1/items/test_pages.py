"""Requests for pages of items."""

from typing import Any

import pytest
from httpx2 import AsyncClient

from tests.api.v1.items.conftest import ITEMS, CreateItem

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def pages_of(client: AsyncClient, **query: Any) -> list[list[str]]:
    """Follow `next` to the end, and return the keys on each page."""
    pages: list[list[str]] = []
    after: dict[str, str] = {}
    while True:
        page = (await client.get(ITEMS, params=query | after)).json()
        pages.append([item["sku"] for item in page["items"]])
        if page["next"] is None:
            return pages
        after = {"after": page["next"]}


async def test_an_empty_list_has_no_next_page(client: AsyncClient) -> None:
    assert (await client.get(ITEMS)).json() == {"items": [], "next": None}


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1, 1, 1, 1]), (2, [2, 2]), (3, [3, 1]), (4, [4]), (100, [4])])
async def test_pages_have_all_items_in_the_order_of_their_creation(
    client: AsyncClient, create_item: CreateItem, limit: int, sizes: list[int]
) -> None:
    keys = ["d", "a", "c", "b"]
    for sku in keys:
        await create_item(sku=sku)
    pages = await pages_of(client, limit=limit)
    assert [len(page) for page in pages] == sizes
    assert [sku for page in pages for sku in page] == keys


async def test_an_item_created_between_two_pages_is_not_missed(client: AsyncClient, create_item: CreateItem) -> None:
    for sku in ("a", "b"):
        await create_item(sku=sku)
    first = (await client.get(ITEMS, params={"limit": 1})).json()
    await create_item(sku="c")
    rest = (await client.get(ITEMS, params={"after": first["next"]})).json()
    assert [item["sku"] for item in rest["items"]] == ["b", "c"]


async def test_a_client_that_has_a_page_gets_it_again_when_it_has_changed(
    client: AsyncClient, create_item: CreateItem
) -> None:
    item = await create_item(sku="a")
    changes = (
        lambda: client.patch(f"{ITEMS}/{item['id']}", json={"quantity": 4}),
        lambda: client.post(ITEMS, json={"sku": "b", "name": "Bolt"}),
        lambda: client.put(ITEMS, json=[{"sku": "c", "name": "Cog"}]),
        lambda: client.delete(f"{ITEMS}/{item['id']}"),
    )
    for change in changes:
        etag = (await client.get(ITEMS)).headers["ETag"]
        same = await client.get(ITEMS, headers={"If-None-Match": etag})
        assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)
        await change()
        assert (await client.get(ITEMS, headers={"If-None-Match": etag})).status_code == 200


async def test_a_list_can_be_filtered_by_name(client: AsyncClient, create_item: CreateItem) -> None:
    for sku, name in (("a", "Anvil"), ("b", "Bolt"), ("c", "anvil"), ("d", "Anvil")):
        await create_item(sku=sku, name=name)
    assert await pages_of(client, name="Anvil", limit=1) == [["a"], ["d"]]
    assert await pages_of(client, name="%") == [[]]


@pytest.mark.parametrize("limit", ["-1", "0", "1001", "many", "99999999999999999999"])
async def test_an_invalid_limit_is_refused(client: AsyncClient, limit: str) -> None:
    answer = await client.get(ITEMS, params={"limit": limit})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION_ERROR")


async def test_a_cursor_that_the_service_did_not_sign_is_refused(client: AsyncClient, create_item: CreateItem) -> None:
    for sku in ("a", "b"):
        await create_item(sku=sku)
    cursor = (await client.get(ITEMS, params={"limit": 1})).json()["next"]
    for forged in ("x", cursor[:-1], "é", cursor.replace(".", "")):
        answer = await client.get(ITEMS, params={"after": forged})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_REQUEST")
