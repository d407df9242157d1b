"""A queue that soon gives the entries of a silent worker to another."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta

import pytest

from kit.scheduler.taskiq.ledger import Ledger
from kit.scheduler.taskiq.queue import JobQueue
from kit.scheduler.taskiq.settings import QueueSettings
from kit.tests.scheduler.trials import SECONDS

LEASE = 0.3
MakeQueue = Callable[..., JobQueue]
UNKNOWN_FOR = timedelta(seconds=1)


async def nothing() -> None: ...


@pytest.fixture
async def make_queue(queue_name: str) -> AsyncGenerator[MakeQueue]:
    """Yield a function that opens the queue as another process does."""
    made: list[JobQueue] = []

    def make(*jobs: str) -> JobQueue:
        """Open the queue as a worker that knows these jobs."""
        queue = JobQueue(QueueSettings(unknown_job_timeout=UNKNOWN_FOR), queue_name, lease=LEASE)
        for job_id in jobs or ("work",):
            queue.register_task(nothing, job_id)
        made.append(queue)
        return queue

    yield make
    for queue in made:
        await queue.shutdown()


@pytest.fixture
async def ledger(make_queue: MakeQueue) -> Ledger:
    return Ledger(make_queue())


async def entries(queue: JobQueue) -> int:
    """Return the number of entries in the queue, waiting or delivered."""
    return await queue.redis.xlen(queue.queue_name)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until the condition is true; fail after `SECONDS` seconds."""
    async with asyncio.timeout(SECONDS):
        while not await condition():  # noqa: ASYNC110 - Redis sends no event
            await asyncio.sleep(0.02)


async def is_empty(queue: JobQueue) -> bool:
    return await entries(queue) == 0
