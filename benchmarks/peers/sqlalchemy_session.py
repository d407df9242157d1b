"""Items as the documentation of FastAPI and SQLAlchemy shows it: a session for each request, the default pool."""

import os
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from benchmarks.peers.schemas import ItemIn, ItemOut
from benchmarks.peers.tables import Item

engine = create_async_engine(os.environ["URL"], pool_pre_ping="PRE_PING" in os.environ)
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def open_session() -> AsyncGenerator[AsyncSession]:
    async with sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(open_session)]


@app.get("/api/v1/items", response_model=list[ItemOut])
async def list_items(session: Session, limit: int = 100) -> Any:
    return (await session.scalars(select(Item).order_by(Item.id).limit(limit))).all()


@app.get("/api/v1/items/{item_id}", response_model=ItemOut)
async def get_item(item_id: UUID, session: Session) -> Any:
    if item := await session.get(Item, item_id):
        return item
    raise HTTPException(404)


@app.post("/api/v1/items", status_code=201, response_model=ItemOut)
async def create_item(item: ItemIn, session: Session) -> Any:
    now = datetime.now(UTC)
    row = Item(**item.model_dump(), created_at=now, updated_at=now)
    session.add(row)
    await session.commit()
    return row
