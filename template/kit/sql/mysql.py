"""MySQL and MariaDB, with the asyncmy driver."""

import asyncio
from contextlib import closing
from functools import partial
from typing import Any

import asyncmy  # pyright: ignore[reportMissingTypeStubs] - it has none
from sqlalchemy import URL, Connection, Dialect, event
from sqlalchemy.dialects.mysql import DATETIME as MYSQL_DATETIME
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from kit.sql import options as url_options
from kit.sql import tls
from kit.sql.engines import Engines

NAME = "MySQL"
SCHEMES = {"mysql", "mariadb"}
DRIVER = "mysql+asyncmy"
DEFAULT_URL = "mysql://app:app@localhost:3306/app"
DATETIME = MYSQL_DATETIME(fsp=6)
TRANSACTIONAL_DDL = False
ONE_WRITER = False
KEEPS_TIME_ZONES = False
KEEPS_DECIMALS = True
NUMERIC_PRECISION = 10  # of a NUMERIC without one
INTERVALS: tuple[type, ...] = ()
MIGRATIONS_TIMEOUT = 60  # seconds
UNIQUE_VIOLATION = 1062
CONFLICTS = {
    1020,  # ER_CHECKREAD
    1205,  # ER_LOCK_WAIT_TIMEOUT
    1213,  # ER_LOCK_DEADLOCK
    3572,  # ER_LOCK_NOWAIT
}
READ_ONLY = {
    1290,  # ER_OPTION_PREVENTS_STATEMENT
    1792,  # ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
    1836,  # ER_READ_ONLY_MODE
}
REFUSALS = READ_ONLY | {
    1021,  # ER_DISK_FULL
    1037,  # ER_OUTOFMEMORY
    1040,  # ER_CON_COUNT_ERROR
    1041,  # ER_OUT_OF_RESOURCES
    1044,  # ER_DBACCESS_DENIED_ERROR
    1053,  # ER_SERVER_SHUTDOWN
    1114,  # ER_RECORD_FILE_FULL
    1142,  # ER_TABLEACCESS_DENIED_ERROR
    1203,  # ER_TOO_MANY_USER_CONNECTIONS
    1226,  # ER_USER_LIMIT_REACHED
    1317,  # ER_QUERY_INTERRUPTED
    1927,  # ER_CONNECTION_KILLED
    1969,  # ER_STATEMENT_TIMEOUT, of MariaDB
    3024,  # ER_QUERY_TIMEOUT
}
FOR_THE_DRIVER = {"charset", "init_command", "program_name", "read_timeout", "sql_mode", "unix_socket"}
OPTIONS = tls.OPTIONS | FOR_THE_DRIVER | {"connect_timeout"}
# Strings compare by their bytes, as in other databases. By default 'a', 'A' and 'á' are equal here.
COLLATION = "utf8mb4_0900_bin"
MARIADB_COLLATION = "utf8mb4_nopad_bin"


def decimals_of_seconds(type_: Any) -> int | None:
    """Return how many decimals of a second a column of this type stores; `None` means all."""
    return getattr(type_, "fsp", None) or 0


def fault_of(url: URL) -> str | None:
    """Return why the service cannot use this URL, or `None`."""
    url = tls.normalised(url)
    # `prefer` and `allow` are refused: the driver has no TLS that depends on the server.
    return url_options.fault_of(url, OPTIONS) or tls.fault_of(url, "disable") or _fault_of_options(url)


def create_engines(url: URL, connect_timeout: float, timeout: float, **options: Any) -> Engines:
    """Create a reader and a writer on one pool of connections.

    Connections are in autocommit mode, and the writer begins transactions with a statement. Switching autocommit
    off and on again, as SQLAlchemy does, takes four more round trips.
    """
    url = tls.normalised(url)
    reader = create_async_engine(
        url.difference_update_query(OPTIONS - FOR_THE_DRIVER),
        connect_args=_arguments(url, connect_timeout, timeout),
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        **options,
    )
    writer = reader.execution_options()
    event.listen(reader.sync_engine, "connect", _use_utc)
    event.listen(writer.sync_engine, "begin", _begin)
    event.listen(writer.sync_engine, "rollback", _roll_back)
    return Engines(reader, writer)


def is_unique_violation(error: BaseException | None) -> bool:
    """Whether the driver's error is a duplicate key."""
    return bool(error and error.args and error.args[0] == UNIQUE_VIOLATION)


def is_conflict(error: BaseException | None) -> bool:
    """Whether another transaction was in the way, so that the same one can succeed when it is tried again."""
    return bool(error and error.args and error.args[0] in CONFLICTS)


def is_refusal(error: BaseException | None) -> bool:
    """Whether the state of the server is the reason, not the statement."""
    return bool(error and error.args and error.args[0] in REFUSALS)


def is_read_only(error: BaseException | None) -> bool:
    """Whether the server takes no writes, perhaps because another one is the primary now."""
    return bool(error and error.args and error.args[0] in READ_ONLY)


def check_writable(connection: Connection) -> None:
    """Raise an error if the server takes no writes of this user."""
    connection.exec_driver_sql("START TRANSACTION READ WRITE")
    connection.exec_driver_sql("ROLLBACK")


def prepare_migrations(connection: Connection) -> None:
    """Lock out other migrating processes, and make new tables compare strings by their bytes."""
    lock = f"SELECT GET_LOCK(CONCAT('migrations ', MD5(DATABASE())), {MIGRATIONS_TIMEOUT})"
    if not connection.exec_driver_sql(lock).scalar_one():
        raise ConnectionError(f"another process has been migrating for over {MIGRATIONS_TIMEOUT} s; try again later")
    collation = collation_of(connection.dialect)
    if connection.exec_driver_sql("SELECT @@collation_database").scalar_one() != collation:
        connection.exec_driver_sql(f"ALTER DATABASE CHARACTER SET utf8mb4 COLLATE {collation}")
    connection.commit()


def collation_of(dialect: Dialect) -> str:
    """Return the collation that compares strings by their bytes, on MariaDB or on MySQL."""
    return MARIADB_COLLATION if getattr(dialect, "is_mariadb", False) else COLLATION


def _arguments(url: URL, connect_timeout: float, timeout: float) -> dict[str, Any]:
    connect_timeout = url_options.positive(url, "connect_timeout", connect_timeout)
    arguments: dict[str, Any] = {
        "connect_timeout": connect_timeout,
        "async_creator_fn": partial(_connect, connect_timeout),
        "read_timeout": url_options.positive(url, "read_timeout", timeout),
    }
    if context := tls.context_of(url):
        arguments["ssl"] = context
    if url.password:
        arguments["password"] = url.password.encode()  # the driver encodes a string in Latin-1
    return arguments


async def _connect(seconds: float, **arguments: Any) -> Any:
    """Connect and log in, within these seconds; the driver's own limit ends when the server accepts the connection."""
    async with asyncio.timeout(seconds):
        return await asyncmy.connect(**arguments)  # pyright: ignore[reportUnknownMemberType] - it has no types


def _fault_of_options(url: URL) -> str | None:
    try:
        url_options.positive(url, "connect_timeout", 1)
        url_options.positive(url, "read_timeout", 1)
    except ValueError as error:
        return str(error)
    if (charset := url.query.get("charset", "utf8mb4")) != "utf8mb4":
        return f"its charset is {charset}, which cannot hold all text; write charset=utf8mb4"
    return url_options.fault_of_values(url)


def _use_utc(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """Let the server's own times, such as `CURRENT_TIMESTAMP`, be in UTC, as those of the service are."""
    with closing(connection.cursor()) as cursor:
        cursor.execute("SET time_zone = '+00:00'")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("START TRANSACTION")


def _roll_back(connection: Connection) -> None:
    if connection.invalidated:  # cancelled or disconnected: the server has rolled back
        return
    try:
        connection.connection.rollback()
    except Exception:  # noqa: BLE001 - after any error, the state of this connection is unknown
        connection.invalidate()
