# {% set model = "document" if storage == "mongo" else "model" %}
# {% filter replace("app.sql", "app." ~ storage) | replace("items.model", "items." ~ model) %}
from typing import Annotated

from fastapi import Depends

from app.api.v1.items.model import Item
from app.api.v1.items.repository import ItemRepository
from app.api.v1.items.service import ItemService
from app.sql import ReadSessionDep, SessionDep


async def item_service(session: SessionDep) -> ItemService:
    return ItemService(ItemRepository(Item, session))


async def item_reader(session: ReadSessionDep) -> ItemService:
    return ItemService(ItemRepository(Item, session))


ItemServiceDep = Annotated[ItemService, Depends(item_service)]
ItemReaderDep = Annotated[ItemService, Depends(item_reader)]
# {% endfilter %}
