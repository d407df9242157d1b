"""MySQL and MariaDB, through asyncmy."""

from typing import Any

from sqlalchemy import URL, Connection, event
from sqlalchemy.dialects.mysql import DATETIME as MYSQL_DATETIME
from sqlalchemy.ext.asyncio import create_async_engine

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
NUMERIC_PRECISION = 10  # of NUMERIC alone
INTERVALS: tuple[type, ...] = ()
CONNECT_TIMEOUT = 10  # seconds
MIGRATIONS_TIMEOUT = 60  # seconds
UNIQUE_VIOLATION = 1062
# Texts compare by their bytes, as on other databases: by default 'a', 'A' and 'á' are one and the same here.
COLLATION = "utf8mb4_0900_bin"
MARIADB_COLLATION = "utf8mb4_nopad_bin"


def decimals_of_seconds(type_: Any) -> int | None:
    """Return how many decimals of a second a column of this type keeps; `None` means all."""
    return getattr(type_, "fsp", None) or 0


def fault_of(url: URL) -> str | None:
    """Say why the service cannot use this URL."""
    return tls.fault_of(url)


def create_engines(url: URL, **options: Any) -> Engines:
    """Make a pool of connections with two faces.

    Connections are in autocommit, and the writer begins transactions by a statement: switching autocommit
    off and on again, as SQLAlchemy does it, takes four more round trips.
    """
    url, mode, context = tls.split_tls(url)
    arguments: dict[str, Any] = {"connect_timeout": CONNECT_TIMEOUT}
    if mode.startswith(("require", "verify-")):
        arguments["ssl"] = context
    reader = create_async_engine(
        url, connect_args=arguments, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True, **options
    )
    writer = reader.execution_options()
    event.listen(writer.sync_engine, "begin", _begin)
    event.listen(writer.sync_engine, "rollback", _roll_back)
    return Engines(reader, writer)


def is_unique_violation(error: BaseException | None) -> bool:
    """Tell whether the driver's error is about a key that is there already."""
    return bool(error and error.args and error.args[0] == UNIQUE_VIOLATION)


def prepare_migrations(connection: Connection) -> None:
    """Let one process migrate at a time, and have the tables that it makes compare texts by their bytes."""
    lock = f"SELECT GET_LOCK(CONCAT('migrations ', MD5(DATABASE())), {MIGRATIONS_TIMEOUT})"
    if not connection.exec_driver_sql(lock).scalar_one():
        raise ConnectionError(f"another process has been migrating for more than {MIGRATIONS_TIMEOUT} s")
    collation = MARIADB_COLLATION if getattr(connection.dialect, "is_mariadb", False) else COLLATION
    if connection.exec_driver_sql("SELECT @@collation_database").scalar_one() != collation:
        connection.exec_driver_sql(f"ALTER DATABASE CHARACTER SET utf8mb4 COLLATE {collation}")
    connection.commit()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("START TRANSACTION")


def _roll_back(connection: Connection) -> None:
    if connection.invalidated:  # cancelled or cut off: the server has rolled back
        return
    try:
        connection.connection.rollback()
    except Exception:  # noqa: BLE001 - whatever it is, the state of this connection is unknown
        connection.invalidate()
