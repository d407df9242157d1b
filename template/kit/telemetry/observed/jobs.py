"""The runs of jobs, in whichever process they are."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from fastapi import FastAPI
from opentelemetry.metrics import Histogram
from opentelemetry.trace import SpanKind, StatusCode

from kit.scheduler import Job
from kit.scheduler.run import JobState
from kit.scheduler.scheduler import Scheduler
from kit.telemetry.observing import LONG_SECONDS, Attributes, Function, meter, replaced, tracer


@contextmanager
def observed(_app: FastAPI) -> Generator[None]:
    """Trace and measure each run; a run that a request has started continues its trace."""
    with replaced(Scheduler, "run", _measured()):
        yield


def lateness() -> Histogram:
    return meter().create_histogram(
        "job.run.lateness",
        unit="s",
        description="Time from when a run of a job is due, or put into a queue, to its start.",
        explicit_bucket_boundaries_advisory=LONG_SECONDS,
    )


def _measured() -> Callable[[Function], Function]:
    spans = tracer()
    late = lateness()
    seconds = meter().create_histogram(
        "job.run.duration",
        unit="s",
        description="Duration of the runs of jobs; those that have not succeeded have another result.",
        explicit_bucket_boundaries_advisory=LONG_SECONDS,
    )

    def around(run: Function) -> Function:
        async def measured(scheduler: Scheduler, job: Job, state: JobState, *arguments: Any) -> JobState:
            named: Attributes = {"job.name": job.id}
            before, started = state.slot, perf_counter()
            with spans.start_as_current_span(f"job {job.id}", kind=SpanKind.CONSUMER, attributes=named) as span:
                ended: JobState = await run(scheduler, job, state, *arguments)
                result = ended.last_result or "failed"
                span.set_attribute("job.result", result)
                if result != "succeeded":
                    span.set_status(StatusCode.ERROR)
            seconds.record(perf_counter() - started, {**named, "job.result": result})
            if job.timetable and before:
                since = (datetime.now(UTC) - before).total_seconds() - (perf_counter() - started)
                late.record(max(since, 0), named)
            return ended

        return measured

    return around
