"""The check behind `/health/db`."""

import asyncio
from time import perf_counter
from typing import Literal

import structlog
from sqlalchemy import QueuePool
from structlog.typing import FilteringBoundLogger

from kit.errors import ServiceUnavailableException
from kit.health.database import ConnectionPool, DatabaseHealth
from kit.sql.database import Database
from kit.sql.errors import translated_errors
from kit.sql.migrations import current_revisions, is_ahead, newest_revisions

log: FilteringBoundLogger = structlog.get_logger(__name__)


async def examine(database: Database) -> DatabaseHealth:
    """Return whether the database answers, how fast, and whether its migrations are applied."""
    pool = database.engines.reader.pool
    assert isinstance(pool, QueuePool)
    active = pool.checkedout()
    started = perf_counter()
    revisions = await _revisions(database)
    connected = revisions is not None
    return DatabaseHealth(
        status="healthy" if connected else "unhealthy",
        database_connected=connected,
        response_time_ms=round((perf_counter() - started) * 1000, 3),
        connection_pool=ConnectionPool(active_connections=active, pool_size=pool.size()),
        migration_status=_status(revisions),
    )


async def _revisions(database: Database) -> set[str] | None:
    try:
        with translated_errors():
            async with asyncio.timeout(database.options.health_timeout):
                await database.ping()
                async with database.primary.connect() as connection:
                    return await connection.run_sync(current_revisions)
    except (ServiceUnavailableException, ConnectionError, TimeoutError) as error:
        log.warning("database does not answer", cause=repr(error.__cause__ or error))
        return None


def _status(revisions: set[str] | None) -> Literal["up_to_date", "pending", "unknown"]:
    if revisions is None:
        return "unknown"
    return "up_to_date" if revisions == newest_revisions() or is_ahead(revisions) else "pending"
