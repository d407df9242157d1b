from collections.abc import Iterable
from uuid import UUID

from app.api.v1.items.model import Item
from app.api.v1.items.repository import ItemRepository
from app.api.v1.items.schemas import ItemIn, ItemPatch, UpsertResult
from app.errors import NotFoundException
from app.pages import Page


class ItemService:
    """The rules about items."""

    def __init__(self, items: ItemRepository) -> None:
        self._items = items

    async def create(self, item: ItemIn) -> Item:
        return await self._items.create(**item.model_dump())

    async def get(self, item_id: UUID) -> Item:
        return self._found(item_id, await self._items.get_by_id(item_id))

    async def get_page(self, name: str | None, after: UUID | None, limit: int) -> Page[Item, UUID]:
        return await self._items.get_page_of(name, after, limit)

    async def change(self, item_id: UUID, patch: ItemPatch) -> Item:
        return self._found(item_id, await self._items.update(item_id, **patch.model_dump(exclude_none=True)))

    async def delete(self, item_id: UUID) -> None:
        if not await self._items.delete(item_id):
            raise NotFoundException("Item", item_id)

    async def upsert(self, items: Iterable[ItemIn]) -> UpsertResult:
        return UpsertResult(**await self._items.bulk_upsert([item.model_dump() for item in items]))

    @staticmethod
    def _found(item_id: UUID, item: Item | None) -> Item:
        if item is None:
            raise NotFoundException("Item", item_id)
        return item
