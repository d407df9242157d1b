"""SQLite: a file that many connections read and one connection writes."""

import asyncio
from pathlib import Path
from sqlite3 import OperationalError
from time import monotonic
from typing import Any

from sqlalchemy import URL, AdaptedConnection, Connection, DateTime, event
from sqlalchemy.ext.asyncio import create_async_engine

from kit.sql import options as url_options
from kit.sql.engines import Engines

NAME = "SQLite"
SCHEMES = {"sqlite"}
DRIVER = "sqlite+aiosqlite"
DEFAULT_URL = "sqlite:///data/app.db"
DATETIME = DateTime()
UNIQUE_VIOLATIONS = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}
TRANSACTIONAL_DDL = True
ONE_WRITER = True
KEEPS_TIME_ZONES = False
KEEPS_DECIMALS = False  # it stores floating-point numbers
NUMERIC_PRECISION = None
INTERVALS: tuple[type, ...] = ()
OPTIONS = {"cache", "cached_statements", "immutable", "mode", "nolock", "timeout", "uri", "vfs"}
BUSY_TIMEOUT = 30  # seconds to wait for another writer
PRAGMAS = (f"busy_timeout = {BUSY_TIMEOUT * 1000}", "synchronous = NORMAL", "foreign_keys = ON")


def decimals_of_seconds(type_: Any) -> int | None:
    """Return how many decimals of a second a column of this type stores; `None` means all."""
    return getattr(type_, "precision", None)


def fault_of(url: URL) -> str | None:
    """Return why the service cannot use this URL, or `None`."""
    if url.database in {None, "", ":memory:"}:
        return "each connection would open its own in-memory database; name a file, like sqlite:///data/app.db"
    return url_options.fault_of(url, OPTIONS)


def create_engines(url: URL, **options: Any) -> Engines:
    """Create the folder and the engines. One connection writes, since SQLite allows one writer at a time."""
    directory = Path(str(url.database)).parent
    directory.mkdir(parents=True, exist_ok=True)
    options |= {"isolation_level": "AUTOCOMMIT"}
    reader = create_async_engine(url, skip_autocommit_rollback=True, **options)
    writer = create_async_engine(url, **options | {"pool_size": 1, "max_overflow": 0})
    for engine in (reader, writer):
        event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(writer.sync_engine, "begin", _begin)
    return Engines(reader, writer, directory)


def is_unique_violation(error: BaseException | None) -> bool:
    """Whether the driver's error is a duplicate key."""
    return getattr(error, "sqlite_errorname", None) in UNIQUE_VIOLATIONS


def prepare_migrations(connection: Connection) -> None:
    """Do nothing: the transaction of the migrations already locks out other processes."""
    del connection


def _prepare(connection: AdaptedConnection, _record: object) -> None:
    connection.run_async(_set_pragmas)


async def _set_pragmas(connection: Any) -> None:
    for pragma in PRAGMAS:
        await connection.execute_fetchall(f"PRAGMA {pragma}")
    await _turn_on_wal(connection)


async def _turn_on_wal(connection: Any) -> None:
    """Retry while another process does the same to a new file: SQLite then fails at once, despite `busy_timeout`."""
    deadline = monotonic() + BUSY_TIMEOUT
    while True:
        try:
            await connection.execute_fetchall("PRAGMA journal_mode = WAL")
        except OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or monotonic() > deadline:
                raise
            await asyncio.sleep(0.01)
        else:
            return


def _begin(connection: Connection) -> None:
    # The driver's own BEGIN takes only a read lock: of two such transactions that come to write, one fails.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
