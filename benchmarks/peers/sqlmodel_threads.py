"""Items as full-stack-fastapi-template writes them: SQLModel and psycopg, in functions that run in threads."""

import os
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException
from sqlmodel import Field, Session, SQLModel, create_engine, func, select
from uuid_utils.compat import uuid7

from benchmarks.peers.schemas import ItemIn, ItemOut

engine = create_engine(os.environ["URL"])
app = FastAPI()


class Item(SQLModel, table=True):
    __tablename__ = "items"

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    sku: str = Field(unique=True, max_length=255)
    name: str = Field(max_length=255)
    quantity: int = 0
    created_at: datetime
    updated_at: datetime


class ItemsOut(SQLModel):
    data: list[ItemOut]
    count: int


def open_session() -> Generator[Session]:
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(open_session)]


@app.get("/api/v1/items", response_model=ItemsOut)
def list_items(session: SessionDep, limit: int = 100) -> Any:
    count = session.exec(select(func.count()).select_from(Item)).one()
    items = session.exec(select(Item).order_by(Item.id).limit(limit)).all()
    return ItemsOut(data=[ItemOut.model_validate(item) for item in items], count=count)


@app.get("/api/v1/items/{item_id}", response_model=ItemOut)
def get_item(item_id: UUID, session: SessionDep) -> Any:
    if item := session.get(Item, item_id):
        return item
    raise HTTPException(404)


@app.post("/api/v1/items", status_code=201, response_model=ItemOut)
def create_item(item: ItemIn, session: SessionDep) -> Any:
    now = datetime.now(UTC)
    row = Item(**item.model_dump(), created_at=now, updated_at=now)
    session.add(row)
    session.commit()
    session.refresh(row)
    return row
