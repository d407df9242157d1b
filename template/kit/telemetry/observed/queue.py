"""The trace of a request that starts a job, on its way through the queue, and the time that it takes there."""

from collections.abc import Generator
from contextlib import contextmanager
from time import time
from typing import Any

from fastapi import FastAPI
from opentelemetry import context, propagate
from taskiq import TaskiqMessage
from taskiq.receiver import Receiver

from kit.scheduler.taskiq import ledger
from kit.telemetry.observed.jobs import lateness
from kit.telemetry.observing import Function, replaced

OFFERED = "offered_at"  # the label with the time at which an entry was put into the queue


@contextmanager
def observed(_app: FastAPI) -> Generator[None]:
    """Send the context of the trace with each entry of the queue, and continue the trace in the worker."""
    with replaced(ledger, "TaskiqMessage", _with_context), replaced(Receiver, "run_task", _continued):
        yield


def _with_context(make: Function) -> Function:
    def make_with_context(**fields: Any) -> TaskiqMessage:
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        carrier[OFFERED] = str(time())
        return make(**fields | {"labels": fields["labels"] | carrier})

    return make_with_context


def _continued(run: Function) -> Function:
    late = lateness()

    async def run_continued(receiver: Receiver, target: Function, message: TaskiqMessage, **options: Any) -> Any:
        if offered := message.labels.get(OFFERED):
            late.record(max(time() - float(offered), 0), {"job.name": message.task_name})
        token = context.attach(propagate.extract(message.labels))
        try:
            return await run(receiver, target=target, message=message, **options)
        finally:
            context.detach(token)

    return run_continued
