"""Tasks of workers that die begin again, and those of workers that live do not."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from fastapi import FastAPI

from kit.tasks import Task, caretaker, leases, run, transaction
from kit.tasks.storage import State
from kit.testing.started_tasks import RunTasks
from kit.tests.tasks.trials import Work, storage_of, stored, until_done

pytestmark = pytest.mark.anyio


async def begin_and_die(app: FastAPI, task: Task) -> None:
    """Defer a task and begin it, as a process does that is killed then."""
    async with transaction(app) as session:
        await task.defer(session)
    storage = storage_of(app)
    due = await storage.due(["work"], 10, datetime.now(UTC))
    assert await storage.begin([task_id for task_id, _ in due], uuid4(), datetime.now(UTC))


@pytest.fixture
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LEASE", 0.5)
    for module in (leases, caretaker, run):
        monkeypatch.setattr(module, "BEAT", 0.1)


@pytest.mark.usefixtures("short_leases")
async def test_a_task_whose_worker_died_begins_again(run_tasks: RunTasks) -> None:
    work = Work()
    task = work.as_task()
    async with run_tasks() as app:
        await begin_and_die(app, task)
    async with run_tasks(task) as app:
        await work.wait()
        await until_done(app)
    assert work.runs[0].attempt == 2


@pytest.mark.usefixtures("short_leases")
async def test_a_task_longer_than_a_lease_runs_once(run_tasks: RunTasks) -> None:
    work = Work(lambda _: asyncio.sleep(2))
    task = work.as_task()
    async with run_tasks(task) as app:
        await task.defer(app)
        await work.wait()
        await until_done(app)
    assert len(work.runs) == 1


@pytest.mark.usefixtures("short_leases")
async def test_a_task_that_kills_each_worker_fails_in_the_end(
    run_tasks: RunTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "DEATHS", 0)
    task = (work := Work()).as_task(retries=0)
    async with run_tasks() as app:
        await begin_and_die(app, task)
    async with run_tasks(task) as app:
        await until_done(app)
        [kept] = await stored(app)
    assert (work.runs, kept.state, kept.error) == ([], State.FAILED, caretaker.WORKER_DIED)
