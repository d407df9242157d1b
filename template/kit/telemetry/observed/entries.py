"""The trace of a request that starts a job, on its way through the queue, and the time that it takes there."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from time import time

from fastapi import FastAPI
from opentelemetry import context, propagate
from pgqueuer.models import Job as Entry
from pgqueuer.ports.tracing import TRACER

from kit.telemetry.observed.jobs import lateness

OFFERED = "offered_at"  # the header with the time at which an entry was put into the queue


@contextmanager
def observed(_app: FastAPI) -> Generator[None]:
    """Send the context of the trace with each entry of the queue, and continue the trace in the worker."""
    before, TRACER.tracer = TRACER.tracer, Carrier()
    try:
        yield
    finally:
        TRACER.tracer = before


class Carrier:
    """What PgQueuer calls for each entry that it puts into the queue, and around each run."""

    def __init__(self) -> None:
        self._late = lateness()

    def trace_publish(self, entrypoints: list[str]) -> Generator[dict[str, object]]:
        for _ in entrypoints:
            carrier: dict[str, str] = {}
            propagate.inject(carrier)
            yield {**carrier, OFFERED: time()}

    @asynccontextmanager
    async def trace_process(self, job: Entry) -> AsyncGenerator[None]:
        headers = {name: str(value) for name, value in (job.headers or {}).items()}
        if offered := headers.pop(OFFERED, None):
            self._late.record(max(time() - float(offered), 0), {"job.name": job.entrypoint})
        token = context.attach(propagate.extract(headers))
        try:
            yield
        finally:
            context.detach(token)
