"""SQLite: a file that many connections read and one connection writes."""

import asyncio
from contextlib import closing
from functools import partial
from pathlib import Path
from sqlite3 import OperationalError
from time import monotonic
from typing import Any

from sqlalchemy import URL, AdaptedConnection, Connection, DateTime, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import create_async_engine

from kit.sql import options as url_options
from kit.sql.engines import Engines
from kit.sql.sqlite_file import DatabaseFile

NAME = "SQLite"
SCHEMES = {"sqlite"}
DRIVER = "sqlite+aiosqlite"
DEFAULT_URL = "sqlite:///data/app.db"
DATETIME = DateTime()
UNIQUE_VIOLATIONS = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}
CONFLICTS = ("SQLITE_BUSY", "SQLITE_LOCKED")
REFUSALS = ("SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY")
TRANSACTIONAL_DDL = True
ONE_WRITER = True
KEEPS_TIME_ZONES = False
KEEPS_DECIMALS = False  # it stores floating-point numbers
NUMERIC_PRECISION = None
INTERVALS: tuple[type, ...] = ()
OPTIONS = {"cache", "cached_statements", "immutable", "mode", "nolock", "timeout", "uri", "vfs"}
READ_ONLY = "SQLITE_READONLY"
PRAGMAS = ("synchronous = NORMAL", "foreign_keys = ON")


def decimals_of_seconds(type_: Any) -> int | None:
    """Return how many decimals of a second a column of this type stores; `None` means all."""
    return getattr(type_, "precision", None)


def fault_of(url: URL) -> str | None:
    """Return why the service cannot use this URL, or `None`."""
    if url.database in {None, "", ":memory:"}:
        return "each connection would open its own in-memory database; name a file, like sqlite:///data/app.db"
    return url_options.fault_of(url, OPTIONS)


def create_engines(url: URL, connect_timeout: float, timeout: float, **options: Any) -> Engines:
    """Create the folder and the engines. One connection writes, since SQLite allows one writer at a time."""
    file = DatabaseFile(Path(str(url.database)))
    file.path.parent.mkdir(parents=True, exist_ok=True)
    options |= {"isolation_level": "AUTOCOMMIT"}
    reader = create_async_engine(url, skip_autocommit_rollback=True, **options)
    writer = create_async_engine(url, **options | {"pool_size": 1, "max_overflow": 0})
    for engine in (reader, writer):
        event.listen(engine.sync_engine, "do_connect", file.check)
        event.listen(engine.sync_engine, "connect", partial(_prepare, connect_timeout, timeout))
        event.listen(engine.sync_engine, "connect", file.remember)
        event.listen(engine.sync_engine, "checkout", file.check)
    event.listen(reader.sync_engine, "connect", _let_only_read)
    event.listen(writer.sync_engine, "begin", _begin)
    return Engines(reader, writer, file.path.parent)


def is_conflict(error: BaseException | None) -> bool:
    """Whether another transaction was in the way, so that the same one can succeed when it is tried again."""
    return getattr(error, "sqlite_errorname", "").startswith(CONFLICTS)


def is_refusal(error: BaseException | None) -> bool:
    """Whether the state of the file or of its disk is the reason, not the statement."""
    return getattr(error, "sqlite_errorname", "").startswith(REFUSALS)


def is_read_only(error: BaseException | None) -> bool:
    """Whether the file, or this connection to it, takes no writes."""
    return getattr(error, "sqlite_errorname", "").startswith(READ_ONLY)


def check_writable(connection: Connection) -> None:
    """Do nothing: each use of a connection checks the file."""
    del connection


def is_unique_violation(error: BaseException | None) -> bool:
    """Whether the driver's error is a duplicate key."""
    return getattr(error, "sqlite_errorname", None) in UNIQUE_VIOLATIONS


def prepare_migrations(connection: Connection) -> None:
    """Do nothing: the transaction of the migrations already locks out other processes."""
    del connection


def _prepare(connect_timeout: float, timeout: float, connection: AdaptedConnection, _record: object) -> None:
    connection.run_async(partial(_set_pragmas, connect_timeout, timeout))


def _let_only_read(connection: DBAPIConnection, _record: object) -> None:
    with closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA query_only = ON")


async def _set_pragmas(connect_timeout: float, timeout: float, connection: Any) -> None:
    for pragma in (f"busy_timeout = {round(timeout * 1000)}", *PRAGMAS):
        await connection.execute_fetchall(f"PRAGMA {pragma}")
    await _turn_on_wal(connect_timeout, connection)


async def _turn_on_wal(timeout: float, connection: Any) -> None:
    """Retry while another process does the same to a new file: SQLite then fails at once, despite `busy_timeout`."""
    deadline = monotonic() + timeout
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
