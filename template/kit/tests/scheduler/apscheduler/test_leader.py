"""Which of several processes starts the jobs."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from apscheduler.schedulers.asyncio import (  # pyright: ignore[reportMissingTypeStubs] - it has none
    AsyncIOScheduler,
)

from kit.process_lock import ProcessLock
from kit.scheduler import Job, get_scheduler
from kit.scheduler.apscheduler.leader_scheduler import register_jobs
from kit.testing.service import ask, given, started
from kit.testing.started_jobs import RunJobs
from kit.tests.scheduler.trials import DAY, SECONDS, Work

pytestmark = pytest.mark.anyio


async def test_of_two_services_one_leads_and_the_other_takes_over(run_jobs: RunJobs) -> None:
    first, second = Work(), Work()
    often: dict[str, Any] = {"every": timedelta(milliseconds=20)}
    async with asyncio.timeout(SECONDS), AsyncExitStack() as first_service:
        leader = await first_service.enter_async_context(run_jobs(first.as_job(**often)))
        await first.wait()
        async with run_jobs(second.as_job(**often)) as other:
            await first.wait(5)
            assert (await get_scheduler(leader).processes(), second.count) == ({"leader": True}, 0)
            assert await get_scheduler(other).processes() == {"leader": False}
            await first_service.aclose()
            await second.wait(3)
            assert await get_scheduler(other).processes() == {"leader": True}


async def test_any_process_reports_the_jobs(run_jobs: RunJobs) -> None:
    work = Work()
    job = work.as_job(every=DAY)
    async with run_jobs(job) as leader, run_jobs(job) as other:
        await work.run_through(leader)
        async with ask(leader) as one, ask(other) as two:
            seen = [(await client.get("/health/jobs")).json()["jobs"] for client in (one, two)]
        assert seen[0] == seen[1]
        assert seen[0][0]["runs"] == 1


async def test_a_job_that_runs_in_one_process_is_not_started_in_another(run_jobs: RunJobs) -> None:
    go = asyncio.Event()
    work = Work(go.wait)
    job = work.as_job()
    async with run_jobs(job) as one, run_jobs(job) as two:
        assert await job.start(one)
        assert not await job.start(two)
        go.set()


async def test_a_process_that_is_not_enabled_does_not_lead() -> None:
    async with started(given()) as app:
        assert await get_scheduler(app).processes() == {"leader": False}
        other = ProcessLock(Path("data/scheduler/leader.lock"))
        assert other.try_acquire()
        other.release()


async def test_all_jobs_are_registered_in_one_place() -> None:
    async def begin(_job: Job) -> None: ...

    scheduler: Any = AsyncIOScheduler()
    register_jobs(scheduler, [Work().as_job(name, every=DAY) for name in "ab"], begin)
    assert [job.id for job in scheduler.get_jobs()] == ["a", "b"]
