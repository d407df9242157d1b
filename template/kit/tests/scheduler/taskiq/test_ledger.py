"""Which jobs are put into the queue, and which are refused."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from redis.exceptions import RedisError

from kit import background
from kit.scheduler import Job
from kit.scheduler.clock import Clock
from kit.scheduler.run import JobState
from kit.scheduler.taskiq.ledger import Ledger
from kit.tests.scheduler.taskiq.conftest import MakeQueue, entries
from kit.tests.scheduler.trials import DAY, SECONDS, Work

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OFTEN = Work().as_job(every=MINUTE)
BY_CRON = Work().as_job(cron="* * * * *")


async def end(make_queue: MakeQueue) -> None:
    """Take the next entry of the queue, and acknowledge it."""
    queue = make_queue()
    async with asyncio.timeout(SECONDS):
        ended = (await anext(queue.listen())).ack()
    assert ended
    await ended


async def test_a_slot_is_taken_once(ledger: Ledger, make_queue: MakeQueue) -> None:
    assert await ledger.offer(OFTEN, NOW, NOW)
    await end(make_queue)
    assert not await ledger.offer(OFTEN, NOW, NOW)
    assert not await ledger.offer(OFTEN, NOW - MINUTE, NOW)
    assert await ledger.offer(OFTEN, NOW + MINUTE, NOW + MINUTE)


async def test_a_slot_is_not_taken_while_another_run_is_waiting_or_running(
    ledger: Ledger, make_queue: MakeQueue
) -> None:
    assert await ledger.offer(OFTEN, NOW, NOW)
    assert not await ledger.offer(OFTEN, NOW + MINUTE, NOW + MINUTE)
    assert not await ledger.offer(OFTEN, None, NOW)
    await end(make_queue)
    assert await ledger.offer(OFTEN, NOW + MINUTE, NOW + MINUTE)


async def test_a_new_cron_line_takes_no_slot_from_the_past(ledger: Ledger) -> None:
    assert not await ledger.offer(BY_CRON, NOW, NOW)
    assert not await ledger.offer(BY_CRON, NOW, NOW)
    assert await ledger.offer(BY_CRON, NOW + 5 * MINUTE, NOW + 5 * MINUTE)


async def test_a_slot_that_a_wrong_clock_took_blocks_nothing(ledger: Ledger, make_queue: MakeQueue) -> None:
    assert await ledger.offer(OFTEN, NOW + 30 * DAY, NOW + 30 * DAY)
    await end(make_queue)
    assert await ledger.offer(OFTEN, NOW, NOW)


async def test_a_state_is_saved(ledger: Ledger) -> None:
    assert await ledger.read("work") == JobState()
    await ledger.write("work", JobState(runs=7, last_run=NOW))
    assert await ledger.read_all(["work", "other"]) == {"work": JobState(runs=7, last_run=NOW)}


async def test_two_schedulers_put_each_slot_into_the_queue_once(make_queue: MakeQueue) -> None:
    jobs = [Work().as_job(f"{number}", every=DAY) for number in range(5)]
    looked = asyncio.Semaphore(0)

    class Noted(Ledger):
        async def offer(self, job: Job, slot: datetime | None, now: datetime) -> bool:
            offered = await super().offer(job, slot, now)
            looked.release()
            return offered

    clocks = [asyncio.create_task(Clock(Noted(make_queue()), jobs, RedisError).run()) for _ in range(2)]
    async with asyncio.timeout(SECONDS):
        for _ in range(2 * len(jobs)):
            await looked.acquire()
    await background.end(*clocks)
    assert await entries(make_queue()) == len(jobs)


async def test_a_clock_that_was_put_back_stops_no_job(ledger: Ledger, make_queue: MakeQueue) -> None:
    assert await ledger.offer(OFTEN, NOW, NOW)
    await end(make_queue)
    assert not await ledger.offer(OFTEN, NOW - MINUTE, NOW - MINUTE)
    assert await ledger.offer(OFTEN, NOW - 30 * MINUTE, NOW - 30 * MINUTE)
    await end(make_queue)
    assert await ledger.offer(OFTEN, NOW - 29 * MINUTE, NOW - 29 * MINUTE)


async def test_a_stored_state_that_is_invalid_is_ignored(
    ledger: Ledger, make_queue: MakeQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    queue = make_queue()
    await queue.redis.hset(f"{queue.queue_name}:of:work", "state", b"{torn")
    assert await ledger.read("work") == JobState()
    assert "invalid" in capsys.readouterr().out


async def test_a_job_that_cannot_be_offered_does_not_hold_up_others(make_queue: MakeQueue) -> None:
    queue, offered = make_queue(), asyncio.Event()
    await queue.redis.set(f"{queue.queue_name}:of:broken", "of another type")

    class Noted(Ledger):
        async def offer(self, job: Job, slot: datetime | None, now: datetime) -> bool:
            put = await super().offer(job, slot, now)
            offered.set()
            return put

    jobs = [Work().as_job(name, every=DAY) for name in ("broken", "works")]
    clock = asyncio.create_task(Clock(Noted(queue), jobs, RedisError).run())
    async with asyncio.timeout(SECONDS):
        await offered.wait()
    await background.end(clock)
    assert await entries(queue) == 1
