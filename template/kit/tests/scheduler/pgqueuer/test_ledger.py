"""Which jobs are put into the queue, and which are refused."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from kit.scheduler.pgqueuer.ledger import Ledger
from kit.scheduler.run import JobState
from kit.sql import Database
from kit.tests.scheduler.trials import DAY, Work

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OFTEN = Work().as_job(every=MINUTE)
BY_CRON = Work().as_job(cron="* * * * *")


@pytest.fixture
def ledger(queue: Database) -> Ledger:
    return Ledger(queue)


async def end(queue: Database) -> None:
    """End the run in the queue."""
    async with queue.session() as session:
        entry_id = await session.scalar(text("SELECT max(id) FROM pgqueuer"))
    await Ledger(queue).end(entry_id)


async def test_a_slot_is_taken_once(ledger: Ledger, queue: Database) -> None:
    assert await ledger.offer(OFTEN, NOW, NOW)
    await end(queue)
    assert not await ledger.offer(OFTEN, NOW, NOW)
    assert not await ledger.offer(OFTEN, NOW - MINUTE, NOW)
    assert await ledger.offer(OFTEN, NOW + MINUTE, NOW + MINUTE)


async def test_a_slot_is_not_taken_while_another_run_is_waiting_or_running(ledger: Ledger, queue: Database) -> None:
    assert await ledger.offer(OFTEN, NOW, NOW)
    assert not await ledger.offer(OFTEN, NOW + MINUTE, NOW + MINUTE)
    assert not await ledger.offer(OFTEN, None, NOW)
    await end(queue)
    assert await ledger.offer(OFTEN, NOW + MINUTE, NOW + MINUTE)


async def test_a_new_cron_line_takes_no_slot_from_the_past(ledger: Ledger) -> None:
    assert not await ledger.offer(BY_CRON, NOW, NOW)
    assert not await ledger.offer(BY_CRON, NOW, NOW)
    assert await ledger.offer(BY_CRON, NOW + 5 * MINUTE, NOW + 5 * MINUTE)


async def test_a_slot_that_a_wrong_clock_took_blocks_nothing(ledger: Ledger, queue: Database) -> None:
    assert await ledger.offer(OFTEN, NOW + 30 * DAY, NOW + 30 * DAY)
    await end(queue)
    assert await ledger.offer(OFTEN, NOW, NOW)


async def test_a_state_is_saved(ledger: Ledger) -> None:
    assert await ledger.read("work") == JobState()
    await ledger.write("work", JobState(runs=7, last_run=NOW))
    assert await ledger.read_all(["work", "other"]) == {"work": JobState(runs=7, last_run=NOW)}


async def test_of_several_workers_one_takes_a_slot(ledger: Ledger) -> None:
    offers = await asyncio.gather(*(ledger.offer(OFTEN, NOW, NOW) for _ in range(5)))
    assert sorted(offers) == [False] * 4 + [True]
