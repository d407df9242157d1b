from uuid import UUID

from app.api.v1.items.model import Item
from app.pages import Page
from app.sql import BaseRepository


class ItemRepository(BaseRepository[Item, UUID]):
    """The queries on items."""

    key_fields = ("sku",)

    async def get_page_of(self, name: str | None, after: UUID | None, limit: int) -> Page[Item, UUID]:
        """Give a page of all items, or of those with this name."""
        return await self.get_page(after, limit, *([Item.name == name] if name else []))
