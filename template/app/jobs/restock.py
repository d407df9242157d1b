from datetime import timedelta

import structlog
from fastapi import FastAPI
from structlog.typing import FilteringBoundLogger

from app.jobs.put_in_stock import put_in_stock
from kit.scheduler import job
from kit.settings import Environment

log: FilteringBoundLogger = structlog.get_logger(__name__)


@job(every=timedelta(minutes=5), environments={Environment.LOCAL, Environment.DEVELOPMENT})
async def restock(app: FastAPI) -> None:
    """Defer a task that puts an item in stock again: an example to read, copy and delete."""
    await put_in_stock.defer(app, sku="example", quantity=100)
    log.info("example job executed")
