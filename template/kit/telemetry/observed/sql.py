"""Sessions, their statements without parameters, and the connections that they wait for."""

import re
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from functools import lru_cache
from time import perf_counter
from typing import Any

from fastapi import FastAPI
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.trace import SpanKind
from sqlalchemy import Connection, Engine, QueuePool, event
from sqlalchemy.engine.interfaces import ExceptionContext

from kit.sql import Database
from kit.sql.pool import FairPool
from kit.telemetry.observing import SECONDS, Attributes, Calls, Function, fail, in_span, meter, replaced

CALL = "telemetry"  # the key of the running statement in what a connection remembers
WORDS = {
    *("ALTER", "ANALYZE", "BEGIN", "CALL", "COMMIT", "COPY", "CREATE", "DELETE", "DROP", "EXPLAIN", "INSERT", "LOCK"),
    *("MERGE", "PRAGMA", "REPLACE", "ROLLBACK", "SELECT", "SET", "SHOW", "START", "TRUNCATE", "UPDATE", "VACUUM"),
    "WITH",
}
LITERAL = re.compile(r"'(?:[^'\\]|\\.|'')*'|(?<![\w$:.])\d+(?:\.\d+)?\b")


@contextmanager
def observed(app: FastAPI) -> Generator[None]:
    """Trace and measure what the service asks of its databases."""
    calls = Calls("db.client.operation.duration", "Duration of database operations.")
    _observe_pools(app)
    with (
        _statements(calls),
        _waits(),
        replaced(Database, "session", in_span("session")),
        replaced(Database, "read_session", in_span("read session")),
    ):
        yield


@contextmanager
def _statements(calls: Calls) -> Generator[None]:
    def before(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        span = calls.tracer.start_span(_word(statement), kind=SpanKind.CLIENT)
        if span.is_recording():
            database = connection.engine.url.database or ""
            span.set_attributes({**_attributes(connection, statement), "db.namespace": database})
            span.set_attribute("db.query.text", without_values(statement))
        connection.info[CALL] = span, perf_counter(), statement

    def end(connection: Connection, error: BaseException | None) -> None:
        if found := connection.info.pop(CALL, None):
            span, started, statement = found
            failure = fail(span, error) if error else {}
            calls.end(started, _attributes(connection, statement) | failure)
            span.end()

    def after(connection: Connection, *_: Any) -> None:
        end(connection, None)

    def fails(context: ExceptionContext) -> None:
        if context.connection:
            end(context.connection, context.original_exception)

    listeners = (("before_cursor_execute", before), ("after_cursor_execute", after), ("handle_error", fails))
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners:
            event.remove(Engine, name, listener)


@contextmanager
def _waits() -> Generator[None]:
    waiting = meter().create_up_down_counter(
        "db.client.connection.pending_requests", unit="{request}", description="Tasks that wait for a connection."
    )
    seconds = meter().create_histogram(
        "db.client.connection.wait_time",
        unit="s",
        description="Time until a task has a connection of the pool.",
        explicit_bucket_boundaries_advisory=SECONDS,
    )

    def timed(get: Function) -> Function:
        def get_timed(pool: FairPool) -> Any:
            waiting.add(1)
            started = perf_counter()
            try:
                return get(pool)
            finally:
                waiting.add(-1)
                seconds.record(perf_counter() - started)

        return get_timed

    with replaced(FairPool, "_do_get", timed):
        yield


def _observe_pools(app: FastAPI) -> None:
    def pools() -> Iterable[tuple[Attributes, QueuePool]]:
        databases: dict[str, Database] = getattr(app.state, "databases", {})
        for name, database in databases.items():
            engines = {"": database.engines.writer, "reader": database.engines.reader}
            found = {id(each.pool): (role, each.pool) for role, each in reversed(engines.items())}
            for role, pool in found.values():
                assert isinstance(pool, QueuePool)
                yield {"db.client.connection.pool.name": f"{name} {role}".strip()}, pool

    def count(_options: CallbackOptions) -> Iterable[Observation]:
        for named, pool in pools():
            yield Observation(pool.checkedout(), {**named, "db.client.connection.state": "used"})
            yield Observation(pool.checkedin(), {**named, "db.client.connection.state": "idle"})

    def most(_options: CallbackOptions) -> Iterable[Observation]:
        for named, pool in pools():
            yield Observation(pool.size(), named)

    gauges = meter().create_observable_up_down_counter
    gauges("db.client.connection.count", [count], unit="{connection}", description="Connections of the pool.")
    gauges("db.client.connection.max", [most], unit="{connection}", description="Most connections of the pool.")


def _attributes(connection: Connection, statement: str) -> Attributes:
    return {"db.system.name": connection.dialect.name, "db.operation.name": _word(statement)}


@lru_cache
def _word(statement: str) -> str:
    word = statement.lstrip(" \n(").partition(" ")[0].strip().upper()
    return word if word in WORDS else "_OTHER"


@lru_cache
def without_values(statement: str) -> str:
    """Return the statement with a `?` for each value that is written in it; values that are bound are not in it."""
    return LITERAL.sub("?", statement)
