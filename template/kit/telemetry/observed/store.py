"""What the service asks of its store, and the expiries that the store handles by itself."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from time import perf_counter, time
from typing import Any

from fastapi import FastAPI

from kit.store import StoreService
from kit.store.dispatcher import Dispatcher
from kit.store.engine import DueCallback, Engine
from kit.telemetry.observing import LONG_SECONDS, Attributes, Calls, Function, meter, replaced

OPERATIONS = ("get", "get_many", "set", "set_many", "add", "delete", "exists", "expire", "ttl", "increment", "scan")


@contextmanager
def observed(_app: FastAPI) -> Generator[None]:
    """Trace and measure the operations, without keys and values, and count what expires."""
    calls = Calls("store.operation.duration", "Duration of operations of the store.")
    with ExitStack() as stack:
        for name in OPERATIONS:
            stack.enter_context(replaced(StoreService, name, _traced(calls, name)))
        stack.enter_context(replaced(Dispatcher, "__init__", _with_counted_engine))
        stack.enter_context(replaced(Dispatcher, "_call", _measured()))
        yield


def _traced(calls: Calls, name: str) -> Callable[[Function], Function]:
    def around(operation: Function) -> Function:
        async def traced(store: StoreService, namespace: str, *arguments: Any, **options: Any) -> Any:
            with calls.call(f"store {name}", {"store.operation": name}, **{"store.namespace": namespace}):
                return await operation(store, namespace, *arguments, **options)

        return traced

    return around


def _with_counted_engine(create: Function) -> Function:
    expired = meter().create_counter("store.keys.expired", "{key}", "Keys that have expired and were removed.")

    def counted(sweep: Function) -> Function:
        async def sweep_and_count(limit: int) -> int:
            swept: int = await sweep(limit)
            expired.add(swept)
            return swept

        return sweep_and_count

    def create_counted(dispatcher: Dispatcher, engine: Engine, *arguments: Any) -> None:
        vars(engine)["sweep"] = counted(engine.sweep)
        create(dispatcher, engine, *arguments)

    return create_counted


def _measured() -> Callable[[Function], Function]:
    seconds = meter().create_histogram(
        "store.callback.duration",
        unit="s",
        description="Duration of the calls of expiry callbacks; one is late if a call before it has failed.",
        explicit_bucket_boundaries_advisory=LONG_SECONDS,
    )
    late = meter().create_histogram(
        "store.callback.lateness",
        unit="s",
        description="Time from the expiry of a key to the first call of its callback.",
        explicit_bucket_boundaries_advisory=LONG_SECONDS,
    )

    def around(call: Function) -> Function:
        async def measured(dispatcher: Dispatcher, due: DueCallback) -> int | None:
            named: Attributes = {"store.callback": due.callback}
            if due.expired_at and not due.attempts:
                late.record(max(time() - due.expired_at / 1000, 0), named)
            started = perf_counter()
            delay: int | None = await call(dispatcher, due)
            result = "failed" if delay else "late" if due.attempts else "in time"
            seconds.record(perf_counter() - started, {**named, "store.callback.result": result})
            return delay

        return measured

    return around
