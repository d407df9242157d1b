# {% filter replace("kit.sql", "kit." ~ storage) | replace(".model", ".document" if storage == "mongo" else ".model") %}
from typing import Any
from uuid import UUID

from app.api.v1.items.model import Item
from kit.sql import BaseRepository, Page


class ItemRepository(BaseRepository[Item, UUID]):
    """The queries on items."""

    key_fields = ("sku",)

    async def get_page_of(self, name: str | None, after: UUID | None, limit: int) -> Page[Any, UUID]:
        """Return a page of all items, or of the items with this name."""
        return await self.read_page(after, limit, **({"name": name} if name else {}))
        # {% endfilter %}
