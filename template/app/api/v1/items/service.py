from collections.abc import Iterable
from uuid import UUID

from app.api.v1.items.repository import ItemRepository
from app.api.v1.items.schemas import ItemIn, ItemOut, ItemPatch, UpsertResult
from kit.errors import NotFoundException
from kit.pages import Page


class ItemService:
    """The business rules for items."""

    def __init__(self, items: ItemRepository) -> None:
        self._items = items

    async def create(self, item: ItemIn) -> ItemOut:
        return ItemOut.model_validate(await self._items.create(**item.model_dump()))

    async def get(self, item_id: UUID) -> ItemOut:
        return self._found(item_id, await self._items.get_by_id(item_id))

    async def get_page(self, name: str | None, after: UUID | None, limit: int) -> Page[ItemOut, UUID]:
        page = await self._items.get_page_of(name, after, limit)
        return Page([ItemOut.model_validate(item) for item in page.items], page.next)

    async def change(self, item_id: UUID, patch: ItemPatch) -> ItemOut:
        return self._found(item_id, await self._items.update(item_id, **patch.model_dump(exclude_none=True)))

    async def delete(self, item_id: UUID) -> None:
        if not await self._items.delete(item_id):
            raise NotFoundException("Item", item_id)

    async def upsert(self, items: Iterable[ItemIn]) -> UpsertResult:
        return UpsertResult(**await self._items.bulk_upsert([item.model_dump() for item in items]))

    @staticmethod
    def _found(item_id: UUID, item: object | None) -> ItemOut:
        if item is None:
            raise NotFoundException("Item", item_id)
        return ItemOut.model_validate(item)
