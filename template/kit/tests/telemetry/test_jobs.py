"""The runs of jobs: whoever starts one, its run continues the trace."""

import asyncio
from datetime import timedelta

import pytest
from opentelemetry import trace

from kit.testing.started_jobs import RunJobs
from kit.testing.telemetry import Collector, observing
from kit.tests.scheduler.trials import Work

pytestmark = pytest.mark.anyio


async def test_a_run_continues_the_trace_of_who_started_it(collector: Collector, run_jobs: RunJobs) -> None:
    work = Work(then=within_span)
    job = work.as_job()
    async with observing(collector), run_jobs(job) as app:
        with trace.get_tracer("app").start_as_current_span("request"):
            assert await job.start(app)
        await work.run_through(app)
        request = await collector.named("request")
        await collector.named("job work")
    assert collector.tree(request) == {"job work": {"inside": {}}}


async def within_span() -> None:
    with trace.get_tracer("app").start_as_current_span("inside"):
        await asyncio.sleep(0)


async def test_a_run_of_a_timetable_has_a_trace_of_its_own_and_is_measured(
    collector: Collector, run_jobs: RunJobs
) -> None:
    work = Work()
    async with observing(collector), run_jobs(work.as_job(every=timedelta(days=1))) as app:
        await work.run_through(app)
        span = await collector.named("job work")
    assert (span.parent, span.attributes["job.result"]) == (b"", "succeeded")
    assert collector.points("job.run.duration") == [{"job.name": "work", "job.result": "succeeded"}]
    assert collector.points("job.run.lateness") == [{"job.name": "work"}]


async def test_a_run_that_fails_is_a_failed_span(collector: Collector, run_jobs: RunJobs) -> None:
    async def fall() -> None:
        raise RuntimeError("hunter2")

    work = Work(then=fall)
    job = work.as_job()
    async with observing(collector), run_jobs(job) as app:
        await job.start(app)
        await work.run_through(app)
        span = await collector.named("job work")
    assert (span.failed, span.message, span.attributes["job.result"]) == (True, "", "failed")
