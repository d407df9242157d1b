"""The tasks in the queue: an entry has the id of a task, and the task itself stays in the database."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from taskiq import TaskiqMessage

from kit.scheduler.taskiq.queue import JobQueue

MAX_ENTRIES = 1000  # the rest of a backlog waits in the database


class Entries:
    """The entries of one queue."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue
        self._redis: Any = queue.redis

    async def room(self) -> int:
        """Return how many tasks the queue can take; entries that no worker knows take no room."""
        parked = await self._redis.hlen(f"{self._queue.queue_name}:parked")
        return max(0, MAX_ENTRIES + parked - await self._redis.xlen(self._queue.queue_name))

    async def put(self, tasks: Iterable[tuple[UUID, str]]) -> None:
        """Put tasks at the end of the queue, in this order."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for task_id, name in tasks:
                pipeline.xadd(self._queue.queue_name, {"data": self._message(task_id, name)})
            await pipeline.execute()

    async def task_ids(self) -> set[UUID]:
        """Return the tasks that have an entry, waiting, parked or delivered."""
        entries = await self._redis.xrange(self._queue.queue_name)
        messages = [self._queue.formatter.loads(fields[b"data"]) for _, fields in entries]
        return {UUID(each.args[0]) for each in messages if each.args}

    def _message(self, task_id: UUID, name: str) -> bytes:
        message = TaskiqMessage(task_id=task_id.hex, task_name=name, labels={}, args=[str(task_id)], kwargs={})
        return self._queue.formatter.dumps(message).message
