"""A database: its engines and its sessions."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from stamina import retry_context

from kit.sql.dialect import dialect
from kit.sql.engines import Engines, ReadSession, refuse, refuse_writes_of_readers, warn_of_slow_statements
from kit.sql.errors import (
    TransactionConflictError,
    driver_message,
    give_up_connections,
    is_lost,
    translated_errors,
    wrap_connection_errors,
)
from kit.sql.pool import FairPool, ping_idle_connections
from kit.sql.settings import DatabaseOptions, parse_url, shown

Result = TypeVar("Result")


class Database:
    """An open database; use it only in the event loop that opened it."""

    def __init__(self, options: DatabaseOptions) -> None:
        self.options = options
        self.loop = asyncio.get_running_loop()
        primary = _open(options.url, options)
        replica = _open(options.read_url, options) if options.read_url else primary
        self.engines = Engines(replica.reader, primary.writer, primary.directory)
        self._replica = replica.reader if replica is not primary else None
        self.primary = primary.reader
        self._opened = {primary.reader, primary.writer, replica.reader, replica.writer}
        # A closed session cannot be used again: it would keep a connection that nobody returns.
        self._sessions = async_sessionmaker(primary.writer, expire_on_commit=False, close_resets_only=False)
        self._read_sessions = async_sessionmaker(
            replica.reader, sync_session_class=ReadSession, close_resets_only=False
        )
        self._primary_sessions = async_sessionmaker(
            primary.reader, sync_session_class=ReadSession, close_resets_only=False
        )

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[AsyncSession]:
        """Yield a session in a transaction, which commits at the end and rolls back on an error."""
        with translated_errors():
            async with self._sessions.begin() as session:
                yield session

    async def retried(self, work: Callable[[AsyncSession], Awaitable[Result]], attempts: int = 3) -> Result:
        """Run `work` in a transaction, and once more in a new one as long as another transaction is in the way.

        `work` must do nothing that cannot be done twice, except in the session.
        """
        async for attempt in retry_context(on=TransactionConflictError, attempts=attempts, timeout=None):
            with attempt:
                async with self.session() as session:
                    return await work(session)
        raise AssertionError  # the last attempt raises its error

    @asynccontextmanager
    async def read_session(self, *, of_primary: bool = False) -> AsyncGenerator[AsyncSession]:
        """Yield a session that only reads. It has no transaction: a read takes one round trip instead of three.

        With `of_primary` it reads what was written last, also where there is a replica.
        """
        with translated_errors():
            async with (self._primary_sessions if of_primary else self._read_sessions)() as session:
                yield session
                if session.new or session.dirty or session.deleted:
                    refuse()

    async def ping(self) -> None:
        """Raise `ConnectionError` if the server does not answer or takes no writes, or its replica does not answer.

        A pooled connection that is lost says nothing about the server: it is asked a second time, on a new one.
        """
        try:
            await self._ping()
        except ConnectionError as error:
            if not is_lost(error.__cause__):
                raise
            await self._ping()

    async def _ping(self) -> None:
        async with _answering(shown(self.options)), self.primary.connect() as connection:
            await connection.run_sync(dialect.check_writable)
            await connection.execute(text("SELECT 1"))
        if self._replica:
            async with _answering(f"the replica of {shown(self.options)}"), self._replica.connect() as connection:
                await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        for engine in self._opened:
            await engine.dispose()


@asynccontextmanager
async def _answering(server: str) -> AsyncGenerator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeoutError) as error:
        raise ConnectionError(f"{server} does not answer: {driver_message(error)}") from error
    except ConnectionError as error:
        raise ConnectionError(f"{server} refuses to work: {error}") from error


def get_database(app: FastAPI, name: str = "default") -> Database:
    """Return a database of the running service: that of `DATABASE_URL`, or of `DATABASES__<name>__URL`.

    Raises `LookupError` for a name that is not set, and `RuntimeError` in an event loop other than the service's.
    """
    databases: dict[str, Database] = app.state.databases
    if name not in databases:
        raise LookupError(f"There is no database '{name}'; set DATABASES__{name.upper()}__URL")
    if databases[name].loop is not asyncio.get_running_loop():
        raise RuntimeError(f"The database '{name}' belongs to another event loop; use the one that started it")
    return databases[name]


def _open(url: SecretStr, options: DatabaseOptions) -> Engines:
    engines = dialect.create_engines(
        parse_url(url, options.password),
        connect_timeout=options.connect_timeout,
        timeout=options.timeout,
        poolclass=FairPool,
        pool_size=options.pool_size,
        max_overflow=options.max_overflow,
        pool_timeout=options.pool_timeout,
        pool_recycle=options.pool_recycle,
        hide_parameters=True,
    )
    for engine in (engines.reader, engines.writer):
        if type(engine.sync_engine) is Engine:  # a subclass receives the events of its parent engine
            _observe(engine, options)
    return engines


def _observe(engine: AsyncEngine, options: DatabaseOptions) -> None:
    wrap_connection_errors(engine.sync_engine)
    refuse_writes_of_readers(engine.sync_engine, dialect.is_read_only)
    give_up_connections(engine.sync_engine)
    if options.pool_pre_ping:
        ping_idle_connections(engine.sync_engine)
    if options.slow_query_ms:
        warn_of_slow_statements(engine.sync_engine, options.slow_query_ms)
