"""The trace of a request that starts a job, on its way through the queue, and the time that it takes there."""

from collections.abc import AsyncGenerator, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from time import time
from typing import Any

from fastapi import FastAPI
from opentelemetry import context, propagate
from opentelemetry.context import Context
from pgqueuer.models import Job as Entry
from pgqueuer.ports.tracing import TRACER

from kit.scheduler.pgqueuer.driver import WorkerDriver
from kit.scheduler.pgqueuer.ledger import Ledger
from kit.tasks.pgqueuer.entries import Entries
from kit.tasks.pgqueuer.relay import Relay
from kit.telemetry.observed.jobs import lateness
from kit.telemetry.observing import Function, replaced, unseen

OFFERED = "offered_at"  # the header with the time at which an entry was put into the queue
# The statements of the queue itself, many a second, are in no trace.
LEDGER = [(Ledger, name) for name in ("offer", "begin", "end", "read", "write")]
QUEUE = [*LEDGER, (WorkerDriver, "_until_done"), (Relay, "look"), (Entries, "put_one")]

asking: ContextVar[Context | None] = ContextVar("asking", default=None)
"""The trace of who starts a job."""


@contextmanager
def observed(_app: FastAPI) -> Generator[None]:
    """Send the context of the trace with each entry of the queue, and continue the trace in the worker."""
    before, TRACER.tracer = TRACER.tracer, Carrier()
    with ExitStack() as stack:
        for owner, name in QUEUE:
            stack.enter_context(replaced(owner, name, _unseen))
        try:
            yield
        finally:
            TRACER.tracer = before


def _unseen(function: Function) -> Function:
    work = unseen(function)

    async def work_for_who_asks(*arguments: Any) -> Any:
        asked = asking.set(context.get_current())
        try:
            return await work(*arguments)
        finally:
            asking.reset(asked)

    return work_for_who_asks


class Carrier:
    """What PgQueuer calls for each entry that it puts into the queue, and around each run."""

    def __init__(self) -> None:
        self._late = lateness()

    def trace_publish(self, entrypoints: list[str]) -> Generator[dict[str, object]]:
        for _ in entrypoints:
            carrier: dict[str, str] = {}
            if (asked := asking.get()) is not None:
                propagate.inject(carrier, asked)
            yield {**carrier, OFFERED: time()}

    @asynccontextmanager
    async def trace_process(self, job: Entry) -> AsyncGenerator[None]:
        headers = {name: str(value) for name, value in (job.headers or {}).items()}
        offered = headers.pop(OFFERED, None)
        if offered and not job.payload:  # a task measures this itself
            self._late.record(max(time() - float(offered), 0), {"job.name": job.entrypoint})
        token = context.attach(propagate.extract(headers))
        try:
            yield
        finally:
            context.detach(token)
