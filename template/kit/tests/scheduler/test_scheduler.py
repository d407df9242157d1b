"""What jobs can rely on, on every engine."""

import asyncio
import threading
from collections.abc import Awaitable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from kit.scheduler import Job, get_scheduler
from kit.scheduler import run as module
from kit.scheduler.health import JobHealth, examine
from kit.testing.service import ask
from kit.testing.started_jobs import RunJobs
from kit.tests.scheduler.trials import DAY, SECONDS, Days, Work, settled
from kit.tests.trial import Lines

pytestmark = pytest.mark.anyio


async def health_of(app: FastAPI, name: str = "work") -> JobHealth:
    jobs = (await examine(get_scheduler(app))).jobs
    return next(job for job in jobs if job.id == name)


def fail() -> None:
    raise ValueError("no such customer\nbut others")


def hang() -> Awaitable[object]:
    return asyncio.Event().wait()


async def looked_at(run_jobs: RunJobs, *jobs: Job) -> None:
    """Start a service, let it check all these jobs, and stop it; a marker job is checked last."""
    marker = Work()
    async with run_jobs(*jobs, marker.as_job("marker", every=DAY)) as app:
        await marker.run_through(app)


async def test_a_job_runs_again_and_again(run_jobs: RunJobs) -> None:
    work = Work()
    async with run_jobs(work.as_job(every=timedelta(milliseconds=50))) as app:
        await work.wait(3)
        assert (await health_of(app)).runs >= 2


async def test_a_job_that_has_never_run_is_due_at_once_and_once_in_its_slot(run_jobs: RunJobs) -> None:
    work = Work()
    await looked_at(run_jobs, Days(at_once=True).in_job(work))
    assert work.count == 1
    for marker in (Work(), Work()):
        async with run_jobs(Days(at_once=True).in_job(work), marker.as_job(str(id(marker)), every=DAY)) as app:
            await marker.run_through(app)
    assert work.count == 1


async def test_all_missed_slots_together_are_one_run(run_jobs: RunJobs) -> None:
    work, days = Work(), Days(at_once=False)
    async with run_jobs(days.in_job(work), (marker := Work()).as_job("first", every=DAY)) as app:
        await marker.run_through(app)
    assert work.count == 0, "a new job has missed no slots"
    days.today += 5 * DAY
    async with run_jobs(days.in_job(work)) as app:
        await work.run_through(app)
    async with run_jobs(days.in_job(work), (marker := Work()).as_job("second", every=DAY)) as app:
        await marker.run_through(app)
    assert work.count == 1


async def test_a_clock_that_went_back_repeats_no_slot(run_jobs: RunJobs) -> None:
    work, days = Work(), Days(at_once=True)
    async with run_jobs(days.in_job(work)) as app:
        await work.run_through(app)
    days.today -= DAY
    async with run_jobs(days.in_job(work), (marker := Work()).as_job("marker", every=DAY)) as app:
        await marker.run_through(app)
    assert work.count == 1


async def test_a_job_is_started_by_hand_but_not_twice_at_once(run_jobs: RunJobs) -> None:
    go = asyncio.Event()
    work = Work(go.wait)
    job = work.as_job()
    async with run_jobs(job) as app:
        assert await job.start(app)
        await work.wait()
        assert not await job.start(app)
        go.set()
        await settled(app)
        assert await job.start(app)
        await work.run_through(app)
    assert work.count == 2


async def test_a_job_is_not_due_while_it_runs(run_jobs: RunJobs) -> None:
    go = asyncio.Event()
    work, others = Work(go.wait), Work()
    often: dict[str, Any] = {"every": timedelta(milliseconds=20)}
    async with run_jobs(work.as_job(**often), others.as_job("others", **often)):
        await work.wait()
        await others.wait(5)
        assert work.count == 1
        go.set()
        await work.wait()


async def test_a_job_that_fails_is_logged_and_counted_and_runs_again(
    run_jobs: RunJobs, capsys: pytest.CaptureFixture[str]
) -> None:
    work = Work(fail)
    job = work.as_job()
    lines = Lines(capsys)
    async with run_jobs(job) as app:
        for _ in range(2):
            assert await job.start(app)
            await work.run_through(app)
        health = await health_of(app)
    assert (health.runs, health.failures, health.last_result) == (2, 2, "failed")
    assert health.last_error == "ValueError: no such customer"
    first, second, *_ = lines(module.__name__)
    assert (first["event"], first["job"], first["exception"][0]["exc_type"]) == ("job failed", "work", "ValueError")
    assert (second["event"], second["run"]) == ("job finished", first["run"])
    assert second["seconds"] >= 0


async def test_a_job_over_its_limit_is_cancelled(run_jobs: RunJobs) -> None:
    work = Work(hang)
    job = work.as_job(timeout=timedelta(milliseconds=30))
    async with run_jobs(job) as app:
        await job.start(app)
        await work.run_through(app)
        health = await health_of(app)
    assert (health.last_result, health.last_error) == ("timed out", "not done within 0.03 s")


async def test_stopping_waits_for_a_run(run_jobs: RunJobs) -> None:
    ended: list[bool] = []

    async def take_long() -> None:
        await asyncio.sleep(0.1)
        ended.append(True)

    work = Work(take_long)
    job = work.as_job()
    async with run_jobs(job) as app:
        await job.start(app)
        await work.wait()
    assert ended == [True]


async def test_stopping_cancels_a_run_that_takes_too_long(run_jobs: RunJobs) -> None:
    work = Work(hang)
    job = work.as_job()
    async with asyncio.timeout(SECONDS):
        async with run_jobs(job, shutdown_timeout=0.05) as app:
            await job.start(app)
            await work.wait()
        async with run_jobs(job) as app:
            assert (await health_of(app)).last_result == "cancelled"


async def test_a_job_that_ignores_its_cancellation_stops_neither_the_others_nor_the_stop(run_jobs: RunJobs) -> None:
    end = asyncio.Event()

    async def ignore_cancellation() -> None:
        while not end.is_set():
            with suppress(asyncio.CancelledError):
                await end.wait()

    hung, others = Work(ignore_cancellation), Work()
    stuck = [hung.as_job(f"stuck{number}", timeout=timedelta(milliseconds=30)) for number in range(3)]
    async with asyncio.timeout(SECONDS):
        async with run_jobs(*stuck, others.as_job("others"), shutdown_timeout=0.05, cancel_timeout=0.05) as app:
            assert [await job.start(app) for job in stuck] == [True] * 3
            await hung.wait(3)
            await settled(app)
            assert (await health_of(app, "stuck0")).last_result == "timed out"
            assert not await stuck[0].start(app), "it still runs"
            assert await get_scheduler(app).start(get_scheduler(app).jobs["others"])
            await others.wait()
    end.set()


async def test_a_thread_that_blocks_is_not_joined_by_another_of_the_same_job(run_jobs: RunJobs) -> None:
    end = threading.Event()
    work = Work(lambda: asyncio.to_thread(end.wait, SECONDS))
    job = work.as_job(timeout=timedelta(milliseconds=30))
    async with run_jobs(job, cancel_timeout=0.05) as app:
        assert await job.start(app)
        await work.run_through(app)
        assert (await health_of(app)).last_result == "timed out"
        assert not await job.start(app), "its thread still runs"
        end.set()
        await until_it_starts(job, app)
        await work.run_through(app)
    assert work.count == 2


async def until_it_starts(job: Job, app: FastAPI) -> None:
    async with asyncio.timeout(SECONDS):
        while not await job.start(app):  # noqa: ASYNC110 - nothing tells when a thread has ended
            await asyncio.sleep(0.05)


async def test_a_job_of_another_environment_is_only_started_by_hand(run_jobs: RunJobs) -> None:
    work = Work()
    job = work.as_job(every=timedelta(milliseconds=10), environments={"production"})
    async with run_jobs(job, (marker := Work()).as_job("marker", every=DAY)) as app:
        await marker.run_through(app)
        assert (await health_of(app)).next_run is None
        assert work.count == 0
        assert await job.start(app)
        await work.run_through(app)


async def test_ready_reports_the_jobs_too(run_jobs: RunJobs) -> None:
    work = Work()
    async with run_jobs(work.as_job(every=DAY)) as app:
        await work.run_through(app)
        async with ask(app) as client:
            check = (await client.get("/ready")).json()["checks"]["jobs"]
            health = (await client.get("/health/jobs")).json()
    assert (check["status"], check["details"]) == ("ok", health)
    [job] = health["jobs"]
    assert (job["timetable"], job["runs"], job["last_result"]) == ("every 1 day, 0:00:00", 1, "succeeded")
    assert job["next_run"] > job["last_run"]
    assert get_scheduler(app).scheduled
