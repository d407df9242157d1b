"""The runs of tasks, and nothing of what looks for tasks in the database all the time."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from fastapi import FastAPI
from opentelemetry import context, propagate
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, StatusCode

from kit.scheduler.run import Result
from kit.tasks import context as carried
from kit.tasks import run as running
from kit.tasks.run import Runs
from kit.tasks.storage import Storage, StoredTask
from kit.tasks.task import Task, TaskRun
from kit.telemetry.observing import LONG_SECONDS, Attributes, Function, meter, replaced, tracer, unseen

TRACE = "trace"  # what a task brings along beside the id of the request
MACHINERY = (
    *("due", "begin", "mark_queued", "renew", "held", "release"),
    *("finish", "repeat", "fail", "follow_clock", "forget_effects"),
)


@contextmanager
def observed(_app: FastAPI) -> Generator[None]:
    """Trace and measure each run; a run of a task that a request has deferred continues its trace."""
    with (
        replaced(Runs, "__init__", _with_unseen_storage),
        replaced(carried, "capture", _with_trace),
        replaced(running, "restored", _continued),
        replaced(Runs, "_run", _late()),
        replaced(Runs, "_result", _measured()),
    ):
        yield


def _with_unseen_storage(create: Function) -> Function:
    def create_with_unseen_storage(runs: Runs, app: FastAPI, storage: Storage, *arguments: Any) -> None:
        for name in MACHINERY:
            vars(storage)[name] = unseen(getattr(storage, name))
        create(runs, app, storage, *arguments)

    return create_with_unseen_storage


def _with_trace(capture: Function) -> Function:
    def capture_with_trace() -> str:
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        return json.dumps({**json.loads(capture()), TRACE: carrier})

    return capture_with_trace


def _continued(restored: Function) -> Function:
    @contextmanager
    def continued(text: str) -> Generator[dict[str, str]]:
        values: dict[str, Any] = json.loads(text)
        token = context.attach(propagate.extract(values.pop(TRACE, {}), Context()))
        try:
            with restored(json.dumps(values)) as known:
                yield known
        finally:
            context.detach(token)

    return continued


def _late() -> Callable[[Function], Function]:
    late = meter().create_histogram(
        "task.run.lateness",
        unit="s",
        description="Time from when a run of a task is due to its start.",
        explicit_bucket_boundaries_advisory=LONG_SECONDS,
    )

    def around(run: Function) -> Function:
        async def run_late(runs: Runs, stored: StoredTask) -> None:
            since = (datetime.now(UTC) - stored.due_at).total_seconds()
            late.record(max(since, 0), {"task.name": stored.name})
            await run(runs, stored)

        return run_late

    return around


def _measured() -> Callable[[Function], Function]:
    spans = tracer()
    seconds = meter().create_histogram(
        "task.run.duration",
        unit="s",
        description="Duration of the runs of tasks; those that have not succeeded have another result.",
        explicit_bucket_boundaries_advisory=LONG_SECONDS,
    )

    def around(attempt: Function) -> Function:
        async def measured(runs: Runs, task: Task, run: TaskRun, *arguments: Any) -> tuple[Result, str | None]:
            named: Attributes = {"task.name": task.id}
            started = perf_counter()
            attributes = {**named, "task.attempt": run.attempt}
            with spans.start_as_current_span(f"task {task.id}", kind=SpanKind.CONSUMER, attributes=attributes) as span:
                ended: tuple[Result, str | None] = await attempt(runs, task, run, *arguments)
                span.set_attribute("task.result", ended[0])
                if ended[0] != "succeeded":
                    span.set_status(StatusCode.ERROR)
            seconds.record(perf_counter() - started, {**named, "task.result": ended[0]})
            return ended

        return measured

    return around
