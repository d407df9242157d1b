"""The runs of tasks: each continues the trace of who deferred it, and what looks for tasks is in no trace."""

import asyncio

import pytest
from opentelemetry import trace

from kit.tasks import TaskRun
from kit.tasks.leases import BEAT
from kit.testing.started_tasks import RunTasks
from kit.testing.telemetry import Collector, observing
from kit.tests.tasks.trials import Work

pytestmark = pytest.mark.anyio


async def within_span(_run: TaskRun) -> None:
    with trace.get_tracer("app").start_as_current_span("inside"):
        await asyncio.sleep(0)


async def test_a_run_continues_the_trace_of_who_deferred_the_task(collector: Collector, run_tasks: RunTasks) -> None:
    work = Work(then=within_span)
    task = work.as_task()
    async with observing(collector), run_tasks(task) as app:
        with trace.get_tracer("app").start_as_current_span("request"):
            await task.defer(app)
        request, run = await collector.named("request"), await collector.named("task work")
    assert collector.tree(request)["task work"] == {"inside": {}}
    assert (run.attributes["task.attempt"], run.attributes["task.result"]) == (1, "succeeded")
    assert collector.points("task.run.duration") == [{"task.name": "work", "task.result": "succeeded"}]
    [late] = collector.metrics["task.run.lateness"].histogram.data_points
    assert (late.count, late.attributes[0].value.string_value) == (1, "work")


async def test_a_run_that_fails_is_a_failed_span_in_a_trace_of_its_own(
    collector: Collector, run_tasks: RunTasks
) -> None:
    async def fall(_run: TaskRun) -> None:
        raise RuntimeError("hunter2")

    work = Work(then=fall)
    task = work.as_task(retries=0)
    async with observing(collector), run_tasks(task) as app:
        await task.defer(app)
        span = await collector.named("task work")
    assert (span.parent, span.failed, span.message, span.attributes["task.result"]) == (b"", True, "", "failed")


async def test_what_looks_for_tasks_is_in_no_trace(collector: Collector, run_tasks: RunTasks) -> None:
    work = Work(then=lambda _: asyncio.sleep(BEAT + 0.5))  # its worker shows once that it lives
    task = work.as_task()
    async with observing(collector), run_tasks(task) as app:
        with trace.get_tracer("app").start_as_current_span("request"):
            await task.defer(app)
        request = await collector.named("request")
        before = len(collector.spans)
        await collector.named("task work")
        await asyncio.sleep(1)
        with trace.get_tracer("app").start_as_current_span("end"):
            await asyncio.sleep(0)
        await collector.named("end")
        seen = collector.spans[before:]
    assert {(span.name, span.trace == request.trace) for span in seen} == {("task work", True), ("end", False)}
