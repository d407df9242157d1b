"""PostgreSQL, with the asyncpg driver."""

from typing import Any
from uuid import uuid4

from sqlalchemy import URL, Connection, DateTime
from sqlalchemy.dialects.postgresql import INTERVAL
from sqlalchemy.ext.asyncio import create_async_engine

from kit.sql import tls
from kit.sql.engines import Engines

NAME = "PostgreSQL"
SCHEMES = {"postgresql", "postgres"}
DRIVER = "postgresql+asyncpg"
DEFAULT_URL = "postgresql://app:app@localhost:5432/app"
DATETIME = DateTime(timezone=True)
UNIQUE_VIOLATION = "23505"
TRANSACTIONAL_DDL = True
ONE_WRITER = False
KEEPS_TIME_ZONES = True
KEEPS_DECIMALS = True
NUMERIC_PRECISION = None
INTERVALS = (INTERVAL,)
MIGRATIONS_LOCK = 7_201_533  # any number that is the same in all processes
CONNECT_TIMEOUT = 10  # seconds


def decimals_of_seconds(type_: Any) -> int | None:
    """Return how many decimals of a second a column of this type stores; `None` means all."""
    return getattr(type_, "precision", None)


def fault_of(url: URL) -> str | None:
    """Return why the service cannot use this URL, or `None`."""
    return tls.fault_of(url)


def create_engines(url: URL, **options: Any) -> Engines:
    """Create a reader and a writer on one pool; `?pgbouncer=true` is for PgBouncer in transaction mode."""
    url, mode, context = tls.split_tls(url)
    pooled = url.query.get("pgbouncer") == "true"
    encryption = context if mode.startswith(("require", "verify-")) else mode
    arguments: dict[str, Any] = {"ssl": encryption, "timeout": CONNECT_TIMEOUT}
    if pooled:
        arguments |= {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: f"__{uuid4().hex}__",
        }
    url = url.difference_update_query(["pgbouncer"])
    writer = create_async_engine(url, connect_args=arguments, **options)
    # Without a transaction, PgBouncer may run a statement on a connection that has not prepared it.
    reader = writer if pooled else writer.execution_options(isolation_level="AUTOCOMMIT")
    return Engines(reader, writer)


def is_unique_violation(error: BaseException | None) -> bool:
    """Whether the driver's error is a duplicate key."""
    return getattr(error, "sqlstate", None) == UNIQUE_VIOLATION


def prepare_migrations(connection: Connection) -> None:
    """Lock out other migrating processes until the transaction ends."""
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATIONS_LOCK})")
