"""Items with Litestar and advanced-alchemy, as their documentation shows them: a service over a repository."""

import os
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from uuid import UUID

from advanced_alchemy.extensions.litestar import AsyncSessionConfig, SQLAlchemyAsyncConfig, SQLAlchemyPlugin
from advanced_alchemy.filters import LimitOffset, OrderBy
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from advanced_alchemy.service import SQLAlchemyAsyncRepositoryService
from litestar import Controller, Litestar, get, post
from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.peers.schemas import ItemIn, ItemOut
from benchmarks.peers.tables import Item


class ItemService(SQLAlchemyAsyncRepositoryService[Item]):
    class Repository(SQLAlchemyAsyncRepository[Item]):
        model_type = Item

    repository_type = Repository


async def provide_items(db_session: AsyncSession) -> AsyncGenerator[ItemService]:
    async with ItemService.new(session=db_session) as service:
        yield service


class ItemController(Controller):
    path = "/api/v1/items"
    dependencies = {"items": Provide(provide_items)}  # noqa: RUF012 - as Litestar reads it

    @get()
    async def list_items(self, items: ItemService, limit: int = 100) -> Sequence[ItemOut]:
        found = await items.list(LimitOffset(limit, 0), OrderBy("id", "asc"))
        return [ItemOut.model_validate(item) for item in found]

    @get("/{item_id:uuid}")
    async def get_item(self, items: ItemService, item_id: UUID) -> ItemOut:
        return ItemOut.model_validate(await items.get(item_id))

    @post()
    async def create_item(self, items: ItemService, data: ItemIn) -> ItemOut:
        now = datetime.now(UTC)
        row = await items.create({**data.model_dump(), "created_at": now, "updated_at": now}, auto_commit=True)
        return ItemOut.model_validate(row)


app = Litestar(
    [ItemController],
    plugins=[
        SQLAlchemyPlugin(
            SQLAlchemyAsyncConfig(
                connection_string=os.environ["URL"],
                session_config=AsyncSessionConfig(expire_on_commit=False),
            )
        )
    ],
)
