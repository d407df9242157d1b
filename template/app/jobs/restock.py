from datetime import timedelta

import structlog
from fastapi import FastAPI
from structlog.typing import FilteringBoundLogger

from app.api.v1.items.dependencies import open_items
from app.api.v1.items.schemas import ItemIn
from kit.scheduler import job
from kit.settings import Environment

log: FilteringBoundLogger = structlog.get_logger(__name__)


@job(every=timedelta(minutes=5), environments={Environment.LOCAL, Environment.DEVELOPMENT})
async def restock(app: FastAPI) -> None:
    """Put an item in stock again: an example to read, copy and delete."""
    async with open_items(app) as items:
        counts = await items.upsert([ItemIn(sku="example", name="Example", quantity=100)])
    log.info("example job executed", **counts.model_dump())
