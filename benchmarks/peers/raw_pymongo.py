"""Items with PyMongo alone."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import FastAPI, HTTPException
from pymongo import AsyncMongoClient
from uuid_utils.compat import uuid7

from benchmarks.peers.schemas import ItemIn, ItemOut


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    async with AsyncMongoClient(os.environ["URL"], uuidRepresentation="standard", tz_aware=True) as client:
        app.state.items = client.get_default_database()["items"]
        yield


app = FastAPI(lifespan=lifespan)


def renamed(document: dict[str, Any]) -> dict[str, Any]:
    return {"id": document.pop("_id"), **document}


@app.get("/api/v1/items", response_model=list[ItemOut])
async def list_items(limit: int = 100) -> Any:
    return [renamed(each) async for each in app.state.items.find().sort("_id", 1).limit(limit)]


@app.get("/api/v1/items/{item_id}", response_model=ItemOut)
async def get_item(item_id: UUID) -> Any:
    if document := await app.state.items.find_one({"_id": item_id}):
        return renamed(document)
    raise HTTPException(404)


@app.post("/api/v1/items", status_code=201, response_model=ItemOut)
async def create_item(item: ItemIn) -> Any:
    now = datetime.now(UTC)
    document = {"_id": uuid7(), **item.model_dump(), "created_at": now, "updated_at": now}
    await app.state.items.insert_one(document)
    return renamed(document)
