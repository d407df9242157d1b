# {% set model = "document" if storage == "mongo" else "model" %}
# {% set policies = "_: (Reader|Writer), |\n*(from kit.auth|Reader =|Writer =).*" if auth == "none" else "$^" %}
# {% filter replace("kit.sql", "kit." ~ storage) | replace(".model", "." ~ model) | regex_replace(policies, "") %}
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.requests import HTTPConnection

from app.api.v1.items.model import Item
from app.api.v1.items.repository import ItemRepository
from app.api.v1.items.service import ItemService
from kit.auth import User, requires
from kit.sql import ReadSessionDep, get_database

Reader = Annotated[User, requires("items:read")]
Writer = Annotated[User, requires("items:write")]


@asynccontextmanager
async def open_items(app: FastAPI) -> AsyncGenerator[ItemService]:
    """Open a session and yield the items; use this outside of routes too."""
    async with get_database(app).session() as session:
        yield ItemService(ItemRepository(Item, session))


async def item_service(_: Writer, connection: HTTPConnection) -> AsyncGenerator[ItemService]:
    async with open_items(connection.app) as items:
        yield items


async def item_reader(_: Reader, session: ReadSessionDep) -> ItemService:
    return ItemService(ItemRepository(Item, session))


ItemServiceDep = Annotated[ItemService, Depends(item_service, scope="function")]
ItemReaderDep = Annotated[ItemService, Depends(item_reader)]
# {% endfilter %}
