from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field

from app.api.v1.items.dependencies import ItemReaderDep, ItemServiceDep
from app.api.v1.items.schemas import ItemIn, ItemOut, ItemPage, ItemPatch, Text, UpsertResult
from kit.middleware import NOT_MODIFIED, check_etag
from kit.pages import CursorDep, encode_cursor

router = APIRouter()


@router.post("", status_code=201)
async def create_item(item: ItemIn, items: ItemServiceDep) -> ItemOut:
    return await items.create(item)


@router.get("", responses=NOT_MODIFIED)
async def list_items(
    request: Request,
    items: ItemReaderDep,
    after: CursorDep,
    name: Text | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ItemPage:
    """Return a page of items, oldest first; `name` selects the items with this name."""
    page = await items.get_page(name, after, limit)
    cursor = encode_cursor(request.app, page.next) if page.next else None
    check_etag(request, cursor, *((item.id, item.updated_at) for item in page.items))
    return ItemPage(items=page.items, next=cursor)


@router.put("")
async def upsert_items(many: Annotated[list[ItemIn], Field(max_length=10_000)], items: ItemServiceDep) -> UpsertResult:
    """Create the items whose `sku` is new, and update the others."""
    return await items.upsert(many)


@router.get("/{item_id}", responses=NOT_MODIFIED)
async def get_item(item_id: UUID, request: Request, items: ItemReaderDep) -> ItemOut:
    item = await items.get(item_id)
    check_etag(request, item.id, item.updated_at)
    return item


@router.patch("/{item_id}")
async def change_item(item_id: UUID, patch: ItemPatch, items: ItemServiceDep) -> ItemOut:
    return await items.change(item_id, patch)


@router.delete("/{item_id}", status_code=204)
async def delete_item(item_id: UUID, items: ItemServiceDep) -> None:
    await items.delete(item_id)
