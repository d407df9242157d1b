"""A pool that serves waiting tasks in the order they came, and pings idle connections."""

import asyncio
from time import monotonic
from typing import Any

from sqlalchemy import AsyncAdaptedQueuePool, Engine, event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.util import await_only

HOT_SECONDS = 1.0  # no ping this soon after the last use, like HikariCP's bypass window


class FairPool(AsyncAdaptedQueuePool):
    """A pool that is first come, first served; in SQLAlchemy's own queue, newcomers can overtake."""

    _sqla_logger_namespace = "sqlalchemy.pool"  # otherwise it logs more than SQLAlchemy's own pools

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._turns = asyncio.Semaphore(self.size() + self._max_overflow)

    def _do_get(self) -> ConnectionPoolEntry:
        await_only(self._wait())
        try:
            return super()._do_get()
        except BaseException:
            self._turns.release()
            raise

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        try:
            super()._do_return_conn(record)
        finally:
            self._turns.release()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                await self._turns.acquire()
        except TimeoutError:
            raise exc.TimeoutError(f"no connection was free within {self._timeout:g} s") from None


def ping_idle_connections(engine: Engine) -> None:
    """Ping a connection before it is used, unless it was used within `HOT_SECONDS`."""

    def stamp(_connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        record.info["used"] = monotonic()

    def ping(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
        if monotonic() - record.info.get("used", monotonic()) < HOT_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except (engine.dialect.loaded_dbapi.Error, TimeoutError) as error:
            raise exc.InvalidatePoolError from error

    event.listen(engine, "checkin", stamp)
    event.listen(engine, "checkout", ping)
