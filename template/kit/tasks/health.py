"""What `/ready` and the doctor report about the tasks."""

from datetime import UTC, datetime

from pydantic import BaseModel

from kit.tasks.storage import Storage


class TasksHealth(BaseModel):
    """How many tasks wait and how many have failed, up to 10,000, and for how long the first one has been due."""

    waiting: int
    failed: int
    oldest_seconds: float

    def __str__(self) -> str:
        return f"{self.waiting} waiting, the first for {self.oldest_seconds:g} s; {self.failed} failed"


async def examine(storage: Storage) -> TasksHealth:
    now = datetime.now(UTC)
    counts = await storage.counts(now)
    seconds = round((now - counts.oldest).total_seconds(), 3) if counts.oldest else 0
    return TasksHealth(waiting=counts.waiting, failed=counts.failed, oldest_seconds=seconds)
