"""The relay of tasks into the queue: its order, its limit, and what it does about entries that are gone."""

import asyncio

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from kit.scheduler.pgqueuer import queue_scheduler
from kit.scheduler.pgqueuer.settings import QueueSettings
from kit.settings import Environment, Settings
from kit.sql import Database, get_database
from kit.tasks import caretaker, leases, transaction
from kit.tasks.pgqueuer import entries as module
from kit.tasks.pgqueuer.entries import Entries
from kit.tasks.pgqueuer.relay import Relay
from kit.tasks.run import runs_of
from kit.tasks.storage import State
from kit.testing.service import started
from kit.testing.started_tasks import replace_tasks
from kit.tests.tasks.trials import Work, storage_of, stored, until, until_done

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("queue", "no_jobs")]
IN_DEVELOPMENT = Settings(environment=Environment.DEVELOPMENT)


@pytest.fixture
def no_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_scheduler, "find_jobs", dict)


def relay_of(app: FastAPI) -> Relay:
    return Relay(storage_of(app), runs_of(app), Entries(get_database(app)))


async def in_queue(app: FastAPI) -> int:
    async with get_database(app).session() as session:
        return await session.scalar(text("SELECT count(*) FROM pgqueuer")) or 0


async def test_tasks_come_into_the_queue_in_order_up_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ENTRIES", 5)
    task = Work().as_task()
    replace_tasks(monkeypatch, task)
    async with started(IN_DEVELOPMENT) as app:
        async with transaction(app) as session:
            ids = [await task.defer(session, number=number) for number in range(8)]
        relay = relay_of(app)
        assert await relay.look() == 0
        assert await relay.look() > 0, "the queue is full"
        assert await Entries(get_database(app)).task_ids() == set(ids[:5])
        assert [each.state for each in await stored(app)] == [State.QUEUED] * 5 + [State.WAITING] * 3
        assert await task.defer(app), "without a session, it waits too"
        assert await in_queue(app) == 5


async def test_one_relay_works_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Work().as_task()
    replace_tasks(monkeypatch, task)
    async with started(IN_DEVELOPMENT) as app:
        async with transaction(app) as session:
            await task.defer(session)
        async with get_database(app).session() as session:
            await session.execute(text("SELECT pg_advisory_xact_lock(7201534)"))
            assert await relay_of(app).look() > 0
            assert await in_queue(app) == 0
        await relay_of(app).look()
        assert await in_queue(app) == 1


async def test_a_task_whose_entry_is_gone_is_sent_again(monkeypatch: pytest.MonkeyPatch, queue: Database) -> None:
    monkeypatch.setattr(leases, "LEASE", 0.1)
    monkeypatch.setattr(caretaker, "BEAT", 0.05)
    work = Work()
    task = work.as_task()
    replace_tasks(monkeypatch, task)
    async with started(IN_DEVELOPMENT) as app:
        await task.defer(app)
        assert [each.state for each in await stored(app)] == [State.QUEUED]
    async with queue.session() as session:
        await session.execute(text("TRUNCATE pgqueuer"))
    async with started(IN_DEVELOPMENT, QueueSettings(with_worker=True)) as app:
        await work.wait()
        await until_done(app)


async def test_a_task_that_a_worker_does_not_know_waits_in_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work()
    replace_tasks(monkeypatch, new := work.as_task("new"))
    async with started(IN_DEVELOPMENT) as app:
        await new.defer(app)
    replace_tasks(monkeypatch, Work().as_task("other"))
    async with started(IN_DEVELOPMENT, QueueSettings(with_worker=True)) as app:
        await asyncio.sleep(0.5)
        assert [each.state for each in await stored(app)] == [State.QUEUED]
    replace_tasks(monkeypatch, new)
    async with started(IN_DEVELOPMENT, QueueSettings(with_worker=True)) as app:
        await work.wait()
        await until_done(app)
        await until(lambda: _is_empty(app))


async def _is_empty(app: FastAPI) -> bool:
    return await in_queue(app) == 0
