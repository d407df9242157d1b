"""Items with asyncpg alone: no models, no session, no transaction around a read."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
from fastapi import FastAPI, HTTPException
from uuid_utils.compat import uuid7

from benchmarks.peers.schemas import ItemIn, ItemOut


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    async with asyncpg.create_pool(os.environ["URL"]) as app.state.pool:
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/api/v1/items", response_model=list[ItemOut])
async def list_items(limit: int = 100) -> Any:
    return [dict(row) for row in await app.state.pool.fetch("SELECT * FROM items ORDER BY id LIMIT $1", limit)]


@app.get("/api/v1/items/{item_id}", response_model=ItemOut)
async def get_item(item_id: UUID) -> Any:
    if row := await app.state.pool.fetchrow("SELECT * FROM items WHERE id = $1", item_id):
        return dict(row)
    raise HTTPException(404)


@app.post("/api/v1/items", status_code=201, response_model=ItemOut)
async def create_item(item: ItemIn) -> Any:
    now = datetime.now(UTC)
    return dict(
        await app.state.pool.fetchrow(
            "INSERT INTO items (id, sku, name, quantity, created_at, updated_at)"
            " VALUES ($1, $2, $3, $4, $5, $5) RETURNING *",
            *(uuid7(), item.sku, item.name, item.quantity, now),
        )
    )
