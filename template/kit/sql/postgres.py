"""PostgreSQL, with the asyncpg driver."""

from typing import Any
from uuid import uuid4

from sqlalchemy import URL, Connection, DateTime
from sqlalchemy.dialects.postgresql import INTERVAL
from sqlalchemy.ext.asyncio import create_async_engine

from kit.sql import options as url_options
from kit.sql import tls
from kit.sql.engines import Engines

NAME = "PostgreSQL"
SCHEMES = {"postgresql", "postgres"}
DRIVER = "postgresql+asyncpg"
DEFAULT_URL = "postgresql://app:app@localhost:5432/app"
DATETIME = DateTime(timezone=True)
UNIQUE_VIOLATION = "23505"
CONFLICTS = {
    "40001",  # serialization_failure
    "40P01",  # deadlock_detected
    "55P03",  # lock_not_available
}
READ_ONLY = "25006"
REFUSALS = {
    READ_ONLY,
    "42501",  # insufficient_privilege
}
REFUSING_CLASSES = (
    "08",  # connection exceptions
    "53",  # insufficient resources: connections, disk, memory
    "57",  # operator intervention: shutdown, start, cancelled statements
    "58",  # system errors
)
TRANSACTIONAL_DDL = True
ONE_WRITER = False
KEEPS_TIME_ZONES = True
KEEPS_DECIMALS = True
NUMERIC_PRECISION = None
INTERVALS = (INTERVAL,)
MIGRATIONS_LOCK = 7_201_533  # any number that is the same in all processes
SERVER_SETTINGS = {"application_name", "options"}
FOR_THE_DRIVER = {"host", "port", "prepared_statement_cache_size", "target_session_attrs"}
OTHER_OPTIONS = {"channel_binding", "connect_timeout", "gssencmode", "pgbouncer"}
OPTIONS = tls.OPTIONS | SERVER_SETTINGS | FOR_THE_DRIVER | OTHER_OPTIONS
NOT_REQUIRED = ("disable", "prefer")
SESSION_ATTRS = ("any", "primary", "standby", "read-write", "read-only", "prefer-standby")


def decimals_of_seconds(type_: Any) -> int | None:
    """Return how many decimals of a second a column of this type stores; `None` means all."""
    return getattr(type_, "precision", None)


def fault_of(url: URL) -> str | None:
    """Return why the service cannot use this URL, or `None`."""
    url = tls.normalised(url)
    return (
        url_options.fault_of(url, OPTIONS) or tls.fault_of(url, "disable", "allow", "prefer") or _fault_of_options(url)
    )


def create_engines(url: URL, connect_timeout: float, timeout: float, **options: Any) -> Engines:
    """Create a reader and a writer on one pool; `?pgbouncer=true` is for PgBouncer in transaction mode."""
    url = tls.normalised(url)
    pooled = url.query.get("pgbouncer") == "true"
    arguments: dict[str, Any] = {
        "ssl": tls.context_of(url) or tls.mode_of(url),
        "timeout": url_options.positive(url, "connect_timeout", connect_timeout),
        "command_timeout": timeout,
        "server_settings": {name: str(value) for name, value in url.query.items() if name in SERVER_SETTINGS},
    }
    if pooled:
        arguments |= {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: f"__{uuid4().hex}__",
        }
    url = url.difference_update_query(OPTIONS - FOR_THE_DRIVER)
    writer = create_async_engine(url, connect_args=arguments, **options)
    # Without a transaction, PgBouncer may run a statement on a connection that has not prepared it.
    reads = {"postgresql_readonly": True} if pooled else {"isolation_level": "AUTOCOMMIT"}
    return Engines(writer.execution_options(**reads), writer)


def is_unique_violation(error: BaseException | None) -> bool:
    """Whether the driver's error is a duplicate key."""
    return getattr(error, "sqlstate", None) == UNIQUE_VIOLATION


def is_conflict(error: BaseException | None) -> bool:
    """Whether another transaction was in the way, so that the same one can succeed when it is tried again."""
    return getattr(error, "sqlstate", None) in CONFLICTS


def is_refusal(error: BaseException | None) -> bool:
    """Whether the state of the server is the reason, not the statement."""
    state = getattr(error, "sqlstate", None) or ""
    return state in REFUSALS or state.startswith(REFUSING_CLASSES)


def is_read_only(error: BaseException | None) -> bool:
    """Whether the server takes no writes, perhaps because another one is the primary now."""
    return getattr(error, "sqlstate", None) == READ_ONLY


def check_writable(connection: Connection) -> None:
    """Raise `ConnectionError` if the server takes no writes, and give its connection up."""
    read_only = "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean"
    if connection.exec_driver_sql(read_only).scalar_one():
        connection.invalidate()
        raise ConnectionError("it is read-only")


def prepare_migrations(connection: Connection) -> None:
    """Lock out other migrating processes until the transaction ends."""
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATIONS_LOCK})")


def _fault_of_options(url: URL) -> str | None:
    for name in ("channel_binding", "gssencmode"):
        if (value := url.query.get(name, "prefer")) not in NOT_REQUIRED:
            return f"it has {name}={value}, which the driver cannot do; write sslmode=verify-full instead"
    if (attrs := url.query.get("target_session_attrs", "any")) not in SESSION_ATTRS:
        return f"its target_session_attrs is '{attrs}'; use one of {', '.join(SESSION_ATTRS)}"
    if (pooled := url.query.get("pgbouncer", "true")) not in ("true", "false"):
        return f"its pgbouncer is '{pooled}'; use true or false"
    try:
        url_options.positive(url, "connect_timeout", 1)
    except ValueError as error:
        return str(error)
    return url_options.fault_of_values(url)
