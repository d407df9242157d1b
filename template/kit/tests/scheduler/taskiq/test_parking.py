"""Runs that come to a worker that does not know their job, as after a release that not all workers have yet."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from kit.scheduler.taskiq.ledger import Ledger
from kit.scheduler.taskiq.queue import UNREADABLE, JobQueue
from kit.tests.scheduler.taskiq.conftest import UNKNOWN_FOR, MakeQueue, entries, is_empty, until
from kit.tests.scheduler.taskiq.test_queue import kept, take
from kit.tests.scheduler.trials import Work

pytestmark = pytest.mark.anyio
NEW = Work().as_job("new")
OLD = Work().as_job("old")


@asynccontextmanager
async def listening(queue: JobQueue) -> AsyncGenerator[asyncio.Task[Any]]:
    """Let a worker ask for entries meanwhile."""
    taking = asyncio.create_task(anext(queue.listen()))
    try:
        yield taking
    finally:
        taking.cancel()
        await asyncio.wait([taking])


async def put(ledger: Ledger) -> bool:
    return await ledger.offer(NEW, None, datetime.now(UTC))


async def parked(queue: JobQueue) -> bool:
    return await queue.parking.job_ids() == ["new"]


async def test_the_run_stays_for_a_worker_that_knows_the_job(ledger: Ledger, make_queue: MakeQueue) -> None:
    assert await put(ledger)
    old, new = make_queue("old"), make_queue("old", "new")
    async with listening(old):
        await until(lambda: parked(old))
        assert await entries(old) == 1
        assert not await put(ledger), "it waits already"
        message = await take(new)
    assert b'"task_name": "new"' in message.data
    assert await old.parking.job_ids() == []


async def test_a_worker_that_adopted_the_run_and_died_is_followed_by_another(
    ledger: Ledger, make_queue: MakeQueue
) -> None:
    assert await put(ledger)
    async with listening(old := make_queue("old")):
        await until(lambda: parked(old))
    first = await take(make_queue("new"))
    assert (await take(make_queue("new"))).data == first.data


async def test_unknown_runs_do_not_hold_up_others(ledger: Ledger, make_queue: MakeQueue) -> None:
    assert await put(ledger)
    assert await ledger.offer(OLD, None, datetime.now(UTC))
    assert b'"task_name": "old"' in (await take(make_queue("old"))).data


async def test_two_workers_that_do_not_know_a_job_do_not_give_its_run_up(
    ledger: Ledger, make_queue: MakeQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await put(ledger)
    one, two = make_queue("old"), make_queue("old")
    async with listening(one), listening(two):
        await until(lambda: parked(one))
        await asyncio.sleep(one.lease * 2)
        assert await entries(one) == 1
    assert capsys.readouterr().out.count("does not know") <= 1


async def test_a_run_that_nobody_knows_is_given_up_in_the_end(ledger: Ledger, make_queue: MakeQueue) -> None:
    assert await put(ledger)
    queue = make_queue("old")
    begun = asyncio.get_running_loop().time()
    async with listening(queue), kept(queue):
        await until(lambda: is_empty(queue))
    assert asyncio.get_running_loop().time() - begun > UNKNOWN_FOR.total_seconds() / 2
    assert await queue.parking.job_ids() == []
    assert await put(ledger)


@pytest.mark.parametrize("fields", [{"data": b"not a message"}, {"data": b'{"task_name": 7}'}, {"other": b""}])
async def test_an_entry_that_cannot_be_read_ends_no_worker(
    fields: dict[Any, Any], ledger: Ledger, make_queue: MakeQueue
) -> None:
    queue = make_queue("old")
    await queue.redis.xadd(queue.queue_name, fields)
    assert await ledger.offer(OLD, None, datetime.now(UTC))
    assert b'"task_name": "old"' in (await take(queue)).data
    assert await queue.parking.job_ids() == [UNREADABLE]
