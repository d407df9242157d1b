"""The queue: a stream on Redis, whose entries stay until their run has ended, on whichever worker."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextvars import ContextVar
from time import monotonic, time
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from structlog.typing import FilteringBoundLogger
from taskiq import AckableMessage
from taskiq_redis import RedisStreamBroker

from kit.scheduler.taskiq.parking import Entry, Parking
from kit.scheduler.taskiq.settings import QueueSettings

log: FilteringBoundLogger = structlog.get_logger(__name__)

LEASE = 5.0
DELIVERIES = 3
FORGOTTEN_AFTER = 3600
UNREADABLE = "?"

work_of_run: ContextVar[asyncio.Task[None] | None] = ContextVar("work_of_run", default=None)
"""The work of the run in this task. It can last longer than its run, and its entry stays as long."""


def heed_cancellation() -> None:
    """Raise the cancellation of this task again: the Redis client swallows one that comes while it connects."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


def report(error: Exception) -> None:
    """Log an error of the queue; those that do not come from Redis are unexpected, and logged with a traceback."""
    unexpected = not isinstance(error, RedisError)
    log.warning("the queue of jobs does not answer", error=str(error), exc_info=error if unexpected else None)


class JobQueue(RedisStreamBroker):
    """Delivers each entry to one worker, and to another if the first one is silent for `lease` seconds.

    An entry whose workers all died is given up after `DELIVERIES` deliveries: it may be what killed them.
    """

    def __init__(self, settings: QueueSettings, name: str, *, lease: float = LEASE) -> None:
        # One retry: a pooled connection may be dead although the server is back.
        connection: dict[str, Any] = {"socket_timeout": 5, "socket_connect_timeout": 5, "retry": Retry(NoBackoff(), 1)}
        url, stream = settings.url.get_secret_value(), f"{{{name}}}:jobs"
        super().__init__(url, stream, consumer_group_name="workers", xread_block=int(lease * 200), **connection)
        self.lease = lease
        self._group = (stream, self.consumer_group_name)
        self._workers = f"{stream}:workers"
        self.redis = Redis(connection_pool=self.connection_pool)
        self.parking = Parking(self.redis, *self._group, settings.unknown_job_timeout)
        self._held: set[bytes] = set()
        self._done: set[bytes] = set()
        self._claim_from = 0.0

    async def listen(self) -> AsyncGenerator[AckableMessage]:
        """Yield new entries, and those of workers that died; wait while the server is away or answers errors."""
        while True:
            heed_cancellation()
            try:
                entry = await self._next()
            except Exception as error:  # noqa: BLE001 - the worker goes on when the error has passed
                heed_cancellation()
                report(error)
                self._claim_from = monotonic() + self.lease  # lets the other workers report first that they are alive
                await asyncio.sleep(1)
                continue
            if entry:
                self._held.add(entry[0])
                yield AckableMessage(data=entry[1][b"data"], ack=self._ack(entry[0]))

    async def keep(self) -> None:
        """Report that this worker is alive, keep its entries, and remove those that could not be removed before."""
        while True:
            try:
                await self._remove()
                await self.redis.zadd(self._workers, {self.consumer_name: time()})
                if self._held:
                    await self.redis.xclaim(*self._group, self.consumer_name, 0, list(self._held), justid=True)
                await self.parking.clear()
            except Exception as error:  # noqa: BLE001 - the worker goes on when the error has passed
                report(error)
            heed_cancellation()
            await asyncio.sleep(self.lease / 3)

    async def leave(self) -> None:
        """Remove this worker, and those that died long ago, from Redis."""
        try:
            await self.redis.zrem(self._workers, self.consumer_name)
            await self.redis.zremrangebyscore(self._workers, 0, time() - FORGOTTEN_AFTER)
            for each in await self.redis.xinfo_consumers(*self._group):
                mine, long_gone = each["name"] == self.consumer_name.encode(), each["idle"] > FORGOTTEN_AFTER * 1000
                if not each["pending"] and (mine or long_gone):
                    await self.redis.xgroup_delconsumer(*self._group, each["name"])
        except ResponseError:
            log.debug("no worker has made the group yet")
        except RedisError as error:
            report(error)

    async def count_workers(self) -> int:
        """Return the number of workers that reported recently."""
        return await self.redis.zcount(self._workers, time() - 2 * self.lease, "+inf")

    async def _next(self) -> Entry | None:
        try:
            entry = await self._claim() or await self._adopt() or await self._read()
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            await self._make_group()
            return None
        if entry and not self._knows(job_id := self._job_of(entry)):
            await self.parking.park(entry[0], job_id)
            return None
        return entry

    async def _make_group(self) -> None:
        try:
            await self.redis.xgroup_create(*self._group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):  # another worker was quicker
                raise

    def _knows(self, job_id: str) -> bool:
        return self.find_task(job_id) is not None

    def _job_of(self, entry: Entry) -> str:
        try:
            message = self.formatter.loads(entry[1][b"data"])
            message.parse_labels()
        except (LookupError, TypeError, ValueError):
            return UNREADABLE
        return message.task_name

    async def _claim(self) -> Entry | None:
        """Take over an entry from a worker that died."""
        if monotonic() < self._claim_from:
            return None
        idle = int(self.lease * 1000)
        idle_entries: Any = await self.redis.xpending_range(*self._group, "-", "+", 1, idle=idle)
        for left in idle_entries:
            claimed: Any = await self.redis.xclaim(*self._group, self.consumer_name, idle, [left["message_id"]])
            for entry in claimed:
                if left["times_delivered"] < DELIVERIES:
                    return entry
                log.error("a job is given up: its workers died", entry=entry[0].decode(), deliveries=DELIVERIES)
                self._done.add(entry[0])
                await self._remove()
        return None

    async def _adopt(self) -> Entry | None:
        """Take an entry that other workers did not know."""
        return await self.parking.adopt(self.consumer_name, self.get_all_tasks().keys())

    async def _read(self) -> Entry | None:
        """Wait a moment for a new entry."""
        streams: Any = await self.redis.xreadgroup(
            self.consumer_group_name, self.consumer_name, {self.queue_name: ">"}, count=1, block=self.block
        )
        return next((entry for _, entries in streams for entry in entries), None)

    def _ack(self, entry_id: bytes) -> Callable[[], Awaitable[None]]:
        def end(_work: object = None) -> None:
            self._held.discard(entry_id)
            self._done.add(entry_id)

        async def ack() -> None:
            if (work := work_of_run.get()) and not work.done():
                work.add_done_callback(end)  # `keep` removes the entry then
                return
            end()
            try:
                await self._remove()
            except Exception as error:  # noqa: BLE001 - `keep` tries again
                log.warning("the end of a run is noted later", error=str(error))

        return ack

    async def _remove(self) -> None:
        """Remove the entries whose runs have ended."""
        if ended := list(self._done):
            async with self.redis.pipeline() as pipeline:
                pipeline.xack(*self._group, *ended)
                pipeline.xdel(self.queue_name, *ended)
                await pipeline.execute()
            self._done.difference_update(ended)
