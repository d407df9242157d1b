"""The relay of tasks into the queue: its order, its limit, and what it does about a queue that lost everything."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from kit.scheduler import get_scheduler
from kit.scheduler.taskiq import queue_scheduler
from kit.scheduler.taskiq.queue_scheduler import QueueScheduler
from kit.settings import Environment, Settings
from kit.tasks import caretaker, leases, transaction
from kit.tasks.run import runs_of
from kit.tasks.storage import State
from kit.tasks.taskiq import entries as module
from kit.tasks.taskiq.entries import Entries
from kit.tasks.taskiq.lead import Lead
from kit.tasks.taskiq.relay import Relay
from kit.testing.jobs_on_queue import working
from kit.testing.service import started
from kit.testing.started_tasks import replace_tasks
from kit.tests.tasks.trials import Work, storage_of, stored, until, until_done

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database", "no_jobs")]


@pytest.fixture
def no_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_scheduler, "find_jobs", dict)


def queue_of(app: FastAPI) -> Entries:
    scheduler = get_scheduler(app)
    assert isinstance(scheduler, QueueScheduler)
    return Entries(scheduler.queue)


def relay_of(app: FastAPI, name: str = "relay") -> Relay:
    scheduler = get_scheduler(app)
    assert isinstance(scheduler, QueueScheduler)
    lead = Lead(scheduler.queue.redis, f"{scheduler.queue.queue_name}:{name}")
    return Relay(storage_of(app), runs_of(app), Entries(scheduler.queue), lead)


async def test_tasks_come_into_the_queue_in_order_up_to_its_limit(
    queue_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_ENTRIES", 5)
    task = Work().as_task()
    replace_tasks(monkeypatch, task)
    async with started(Settings(environment=Environment.DEVELOPMENT, app_name=queue_name)) as app:
        async with transaction(app) as session:
            ids = [await task.defer(session, number=number) for number in range(8)]
        relay = relay_of(app)
        await relay.look()
        assert await relay.look() > 0, "the queue is full"
        assert await in_queue(app) == ids[:5]
        assert [each.state for each in await stored(app)] == [State.QUEUED] * 5 + [State.WAITING] * 3


async def in_queue(app: FastAPI) -> list[UUID]:
    scheduler = get_scheduler(app)
    assert isinstance(scheduler, QueueScheduler)
    entries: Any = await scheduler.queue.redis.xrange(scheduler.queue.queue_name)
    return [UUID(scheduler.queue.formatter.loads(fields[b"data"]).args[0]) for _, fields in entries]


async def test_one_relay_leads(queue_name: str) -> None:
    async with started(Settings(environment=Environment.DEVELOPMENT, app_name=queue_name)) as app:
        first, second = relay_of(app).lead, relay_of(app).lead
        assert [await first.try_acquire(), await second.try_acquire(), await first.try_acquire()] == [True, False, True]


async def test_a_queue_that_lost_everything_loses_no_task(queue_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LEASE", 0.3)
    monkeypatch.setattr(caretaker, "BEAT", 0.1)
    work = Work()
    task = work.as_task()
    replace_tasks(monkeypatch, task)
    async with started(Settings(environment=Environment.DEVELOPMENT, app_name=queue_name)) as app:
        for number in range(3):
            await task.defer(app, number=number)
        scheduler = get_scheduler(app)
        assert isinstance(scheduler, QueueScheduler)
        assert len(await in_queue(app)) == 3, "without a session, a task is in the queue at once"
        await scheduler.queue.redis.delete(scheduler.queue.queue_name)
        async with working(app):
            await work.wait(3)
            await until_done(app)
    assert sorted(work.numbers) == [0, 1, 2]


async def test_a_task_that_is_in_the_queue_twice_runs_once(queue_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work()
    task = work.as_task()
    replace_tasks(monkeypatch, task)
    async with started(Settings(environment=Environment.DEVELOPMENT, app_name=queue_name)) as app:
        task_id = await task.defer(app)
        assert task_id
        await queue_of(app).put([(task_id, task.id)] * 3)
        async with working(app):
            await work.wait()
            await until(lambda: empty(app))
            await asyncio.sleep(0.2)
    assert len(work.runs) == 1


async def empty(app: FastAPI) -> bool:
    return not await in_queue(app)
