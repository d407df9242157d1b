"""What the queue guarantees to its workers and to those who start jobs."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from taskiq import AckableMessage

from kit.scheduler.taskiq.ledger import Ledger
from kit.scheduler.taskiq.queue import DELIVERIES, JobQueue
from kit.scheduler.taskiq.settings import QueueSettings
from kit.tests.scheduler.taskiq.conftest import LEASE, MakeQueue, entries, is_empty, until
from kit.tests.scheduler.trials import SECONDS, Work

pytestmark = pytest.mark.anyio
NOWHERE = QueueSettings(url=SecretStr("redis://127.0.0.1:1"))
JOB = Work().as_job()


async def put(ledger: Ledger) -> None:
    assert await ledger.offer(JOB, None, datetime.now(UTC))


async def take(queue: JobQueue) -> AckableMessage:
    """Take one entry, as a worker that then dies."""
    async with asyncio.timeout(SECONDS):
        return await anext(queue.listen())


@asynccontextmanager
async def kept(queue: JobQueue) -> AsyncGenerator[None]:
    keeping = asyncio.create_task(queue.keep())
    yield
    keeping.cancel()
    await asyncio.wait([keeping])


async def exists(queue: JobQueue) -> bool:
    return bool(await queue.redis.exists(queue.queue_name))


async def acknowledge(message: AckableMessage) -> None:
    acknowledged = message.ack()
    assert acknowledged
    await acknowledged


async def test_an_entry_from_before_the_first_worker_is_delivered(ledger: Ledger, make_queue: MakeQueue) -> None:
    await put(ledger)
    message = await take(make_queue())
    assert b'"task_name": "work"' in message.data


async def test_an_acknowledged_entry_is_removed(ledger: Ledger, make_queue: MakeQueue) -> None:
    await put(ledger)
    queue = make_queue()
    await acknowledge(await take(queue))
    assert await entries(queue) == 0
    assert not vars(queue)["_held"]  # whose leases are renewed


async def test_a_dead_workers_entry_goes_to_another_in_a_quiet_queue(ledger: Ledger, make_queue: MakeQueue) -> None:
    await put(ledger)
    first = await take(make_queue())
    started = asyncio.get_running_loop().time()
    second = await take(make_queue())
    assert second.data == first.data
    assert asyncio.get_running_loop().time() - started >= LEASE * 0.9


async def test_an_entry_that_a_worker_keeps_goes_to_no_other(ledger: Ledger, make_queue: MakeQueue) -> None:
    await put(ledger)
    one, two = make_queue(), make_queue()
    message = await take(one)
    async with kept(one):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(LEASE * 5):
                await anext(two.listen())
        await acknowledge(message)
    assert await entries(one) == 0


async def test_an_entry_that_kills_its_workers_is_given_up(ledger: Ledger, make_queue: MakeQueue) -> None:
    await put(ledger)
    for _ in range(DELIVERIES):
        await take(make_queue())
    queue = make_queue()
    taking = asyncio.create_task(anext(queue.listen()))
    await until(lambda: is_empty(queue))
    taking.cancel()
    await asyncio.wait([taking])
    assert taking.cancelled()


async def test_the_queue_works_after_the_server_has_lost_its_data(ledger: Ledger, make_queue: MakeQueue) -> None:
    queue = make_queue()
    taking = asyncio.create_task(take(queue))
    await until(lambda: exists(queue))
    await queue.redis.delete(queue.queue_name)
    await put(ledger)
    assert (await taking).data


async def test_an_entry_that_could_not_be_removed_is_removed_later(
    ledger: Ledger, make_queue: MakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(ledger)
    queue = make_queue()
    message = await take(queue)
    with monkeypatch.context() as away:
        away.setattr(queue, "redis", JobQueue(NOWHERE, "nothing").redis)
        await acknowledge(message)
    assert await entries(queue) == 1
    async with kept(queue):
        await until(lambda: is_empty(queue))


async def test_workers_are_counted_while_they_are_there(ledger: Ledger, make_queue: MakeQueue) -> None:
    one, two = make_queue(), make_queue()
    assert await one.count_workers() == 0
    async with kept(one), kept(two):
        await until(lambda: has_workers(one, 2))
    await put(ledger)
    await acknowledge(await take(two))
    for queue in (one, two):
        await queue.leave()
    assert await one.count_workers() == 0
    assert await one.redis.xinfo_consumers(one.queue_name, one.consumer_group_name) == []


async def has_workers(queue: JobQueue, count: int) -> bool:
    return await queue.count_workers() == count
