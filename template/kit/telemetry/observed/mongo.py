"""Sessions, their commands without values, and the connections that they wait for."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI
from opentelemetry.trace import Span, SpanKind, StatusCode
from pymongo import monitoring

from kit.mongo import MongoDBConnectionManager
from kit.telemetry.observing import SECONDS, Attributes, Calls, Function, in_span, meter, replaced

# Those of the driver itself; all others count as one, because a command is chosen by its name.
COMMANDS = {
    *("aggregate", "count", "createIndexes", "delete", "distinct", "drop", "find", "findAndModify", "getMore", "hello"),
    *("insert", "killCursors", "listCollections", "listIndexes", "ping", "update", "commitTransaction"),
    *("abortTransaction", "endSessions"),
}


class Commands(monitoring.CommandListener):
    """Traces and measures the commands of a client."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._spans: dict[int, Span] = {}

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        collection = event.command.get(event.command_name)
        collection = collection if isinstance(collection, str) else ""
        span = self._calls.tracer.start_span(f"{event.command_name} {collection}".strip(), kind=SpanKind.CLIENT)
        if span.is_recording():
            span.set_attributes({**_attributes(event.command_name), "db.namespace": event.database_name})
            span.set_attribute("db.collection.name", collection)
        self._spans[event.request_id] = span

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        self._end(event, {})

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        self._end(event, {"error.type": str(event.failure.get("codeName", "NetworkError"))})

    def _end(
        self, event: monitoring.CommandSucceededEvent | monitoring.CommandFailedEvent, failure: Attributes
    ) -> None:
        self._calls.measure(event.duration_micros / 1e6, _attributes(event.command_name) | failure)
        if span := self._spans.pop(event.request_id, None):
            if failure:
                span.set_attributes(failure)
                span.set_status(StatusCode.ERROR)
            span.end()


class Connections(monitoring.ConnectionPoolListener):
    """Counts the connections of a client, and measures how long a task waits for one."""

    def __init__(self, pool: str) -> None:
        self._pool: Attributes = {"db.client.connection.pool.name": pool}
        count = meter().create_up_down_counter
        self._count = count("db.client.connection.count", "{connection}", "Connections of the pool.")
        self._most = count("db.client.connection.max", "{connection}", "Most connections of the pool.")
        self._pending = count("db.client.connection.pending_requests", "{request}", "Tasks that wait for a connection.")
        self._seconds = meter().create_histogram(
            "db.client.connection.wait_time",
            unit="s",
            description="Time until a task has a connection of the pool.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )

    def connection_created(self, event: monitoring.ConnectionCreatedEvent) -> None:
        del event
        self._change(idle=1)

    def connection_closed(self, event: monitoring.ConnectionClosedEvent) -> None:
        del event
        self._change(idle=-1)

    def connection_check_out_started(self, event: monitoring.ConnectionCheckOutStartedEvent) -> None:
        del event
        self._pending.add(1, self._pool)

    def connection_check_out_failed(self, event: monitoring.ConnectionCheckOutFailedEvent) -> None:
        self._waited(event.duration)

    def connection_checked_out(self, event: monitoring.ConnectionCheckedOutEvent) -> None:
        self._waited(event.duration)
        self._change(idle=-1, used=1)

    def connection_checked_in(self, event: monitoring.ConnectionCheckedInEvent) -> None:
        del event
        self._change(idle=1, used=-1)

    def pool_created(self, event: monitoring.PoolCreatedEvent) -> None:
        self._most.add(int(event.options.get("maxPoolSize", 100)) if event.options else 100, self._pool)

    def ignore(self, event: object) -> None:
        """Ignore an event; the driver needs a method for each kind."""

    pool_ready = pool_cleared = pool_closed = connection_ready = ignore

    def _waited(self, seconds: float | None) -> None:
        self._pending.add(-1, self._pool)
        self._seconds.record(seconds or 0, self._pool)

    def _change(self, **states: int) -> None:
        for state, change in states.items():
            self._count.add(change, {**self._pool, "db.client.connection.state": state})


@contextmanager
def observed(_app: FastAPI) -> Generator[None]:
    """Trace and measure what the service asks of its databases."""
    calls = Calls("db.client.operation.duration", "Duration of database operations.")

    def listened(options: Function) -> Function:
        def with_listeners(manager: MongoDBConnectionManager) -> dict[str, Any]:
            found: dict[str, Any] = options(manager)
            name = manager.setting.removeprefix("DATABASES__").removesuffix("__URL").lower()
            name = "default" if name == "database_url" else name
            return found | {"event_listeners": [*found["event_listeners"], Commands(calls), Connections(name)]}

        return with_listeners

    with (
        replaced(MongoDBConnectionManager, "_client_options", listened),
        replaced(MongoDBConnectionManager, "session", in_span("session")),
        replaced(MongoDBConnectionManager, "read_session", in_span("read session")),
    ):
        yield


def _attributes(command: str) -> Attributes:
    return {"db.system.name": "mongodb", "db.operation.name": command if command in COMMANDS else "_OTHER"}
