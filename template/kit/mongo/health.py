"""The check behind `/health/db`."""

import asyncio
from time import perf_counter
from typing import Literal

import structlog
from pymongo.errors import PyMongoError
from structlog.typing import FilteringBoundLogger

from kit.health.database import ConnectionPool, DatabaseHealth
from kit.mongo.connection import MongoDBConnectionManager
from kit.mongo.documents import document_classes
from kit.mongo.indexes import find_indexes

log: FilteringBoundLogger = structlog.get_logger(__name__)


async def examine(database: MongoDBConnectionManager) -> DatabaseHealth:
    """Return whether the database answers, how fast, and whether its indexes exist."""
    active = len(database.in_use)
    started = perf_counter()
    status = await _migration_status(database)
    connected = status != "unknown"
    return DatabaseHealth(
        status="healthy" if connected else "unhealthy",
        database_connected=connected,
        response_time_ms=round((perf_counter() - started) * 1000, 3),
        connection_pool=ConnectionPool(active_connections=active, pool_size=database.options.pool_size),
        migration_status=status,
    )


async def _migration_status(database: MongoDBConnectionManager) -> Literal["up_to_date", "pending", "unknown"]:
    try:
        async with asyncio.timeout(database.options.health_timeout):
            await database.check()
            indexes = await find_indexes(database.database, document_classes())
    except (ConnectionError, PyMongoError, TimeoutError) as error:
        log.warning("database does not answer", cause=repr(error))
        return "unknown"
    return "up_to_date" if all(index.exists for index in indexes) else "pending"
