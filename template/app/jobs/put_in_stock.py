import structlog
from structlog.typing import FilteringBoundLogger

from app.api.v1.items.dependencies import open_items
from app.api.v1.items.schemas import ItemIn
from kit.tasks import TaskRun, task

log: FilteringBoundLogger = structlog.get_logger(__name__)


@task(unique=True)
async def put_in_stock(run: TaskRun, sku: str, quantity: int) -> None:
    """Put an item in stock again: an example to read, copy and delete."""
    async with open_items(run.app) as items:
        counts = await items.upsert([ItemIn(sku=sku, name=sku.capitalize(), quantity=quantity)])
    log.info("example task executed", **counts.model_dump())
