"""How PgQueuer reaches the database: through the sessions and the pool of the service."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Self

import structlog
from pgqueuer.core.tm import TaskManager
from pgqueuer.ports.driver import Driver, NotifyCallback
from pgqueuer.queries import Queries
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from structlog.typing import FilteringBoundLogger

from kit.background import end
from kit.sql import Database

log: FilteringBoundLogger = structlog.get_logger(__name__)

SECONDS_AFTER_ERROR = 1.0
SECONDS_TO_SHOW_LIFE = 3.0


async def queries_in(session: AsyncSession) -> Queries:
    """Return what PgQueuer does to the queue in the transaction of a session."""
    return Queries(SessionDriver(await session.connection()))


class ServiceDriver(Driver):
    """What both drivers have in common."""

    def __init__(self) -> None:
        self._shutdown = asyncio.Event()

    async def notify(self, channel: str, payload: str) -> None:
        await self.execute("SELECT pg_notify($1, $2)", channel, payload)

    @property
    def shutdown(self) -> asyncio.Event:
        return self._shutdown

    @property
    def tm(self) -> TaskManager:
        return TaskManager()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class SessionDriver(ServiceDriver):
    """Runs statements on one connection, in its transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__()
        self._connection = connection

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        result = await self._connection.exec_driver_sql(query, args)
        return [dict(row) for row in result.mappings()]

    async def execute(self, query: str, *args: object) -> str:
        await self._connection.exec_driver_sql(query, args)
        return ""

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        raise NotImplementedError("a connection of a transaction hears nothing")


class WorkerDriver(ServiceDriver):
    """Runs the statements of a worker. While the database is away, it waits, so that a run does not lose its entry."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._engine = database.engines.writer
        self._listening: list[asyncio.Task[None]] = []

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """Run a statement, such as that which takes entries from dead workers.

        When the database comes back, the workers that live may show it first.
        """
        return await self._until_done(lambda driver: driver.fetch(query, *args), SECONDS_TO_SHOW_LIFE)

    async def execute(self, query: str, *args: object) -> str:
        return await self._until_done(lambda driver: driver.execute(query, *args), 0)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        self._listening.append(asyncio.create_task(self._listen(channel, callback), name=f"listener of {channel}"))

    async def __aexit__(self, *_: object) -> None:
        await end(*self._listening)

    async def _until_done(self, work: Callable[[SessionDriver], Awaitable[Any]], pause: float) -> Any:
        while True:
            try:
                async with self._engine.begin() as connection:
                    return await work(SessionDriver(connection))
            except Exception as error:
                if self._shutdown.is_set():
                    raise
                log.warning("the queue of jobs does not answer", error=str(error))
                await self._wait_for_server()
                await asyncio.sleep(pause)

    async def _wait_for_server(self) -> None:
        while not self._shutdown.is_set():
            await asyncio.sleep(SECONDS_AFTER_ERROR)
            with suppress(Exception):
                async with self._engine.connect() as connection:
                    await connection.exec_driver_sql("SELECT 1")
                return

    async def _listen(self, channel: str, callback: NotifyCallback) -> None:
        """Listen on a connection of its own, and on a new one when it ends; what comes in between is found later."""
        while True:
            try:
                async with self._engine.connect() as connection:
                    raw = await connection.get_raw_connection()
                    try:
                        await _listen_until_closed(raw.driver_connection, channel, callback)
                    finally:
                        await connection.invalidate()
            except Exception as error:  # noqa: BLE001 - it listens again when the error has passed
                log.warning("the notifications of the queue do not come", error=str(error))
            await asyncio.sleep(SECONDS_AFTER_ERROR)


async def _listen_until_closed(connection: Any, channel: str, callback: NotifyCallback) -> None:
    closed = asyncio.Event()

    def hear(_connection: object, _pid: object, _channel: object, payload: str) -> None:
        callback(payload)

    def end(_connection: object) -> None:
        closed.set()

    connection.add_termination_listener(end)
    await connection.add_listener(channel, hear)
    await closed.wait()
