from datetime import timedelta

import structlog
from fastapi import FastAPI
from structlog.typing import FilteringBoundLogger

from kit.scheduler import job
from kit.settings import Environment

log: FilteringBoundLogger = structlog.get_logger(__name__)


@job(every=timedelta(minutes=5), environments={Environment.LOCAL, Environment.DEVELOPMENT})
async def heartbeat(app: FastAPI) -> None:
    """Show that jobs run: an example to read, copy and delete."""
    log.info("example job executed", service=app.title)
