"""The tasks in the queue: an entry has the id of a task, and the task itself stays in its table."""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import String, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from kit.scheduler.pgqueuer.driver import queries_in
from kit.sql import Database
from kit.tasks.sql.storing import queue
from kit.tasks.storage import NewTask

MAX_ENTRIES = 1000  # the rest of a backlog waits in the table of the tasks
COUNT = text(
    "SELECT count(*) FROM (SELECT FROM pgqueuer WHERE entrypoint = ANY(:names) LIMIT :limit) AS entries"
).bindparams(bindparam("names", type_=ARRAY(String)))
TASK_IDS = text("SELECT payload FROM pgqueuer WHERE payload IS NOT NULL")
FORGET_LOG = text("DELETE FROM pgqueuer_log WHERE created < now() - interval '1 day'")


class Entries:
    """The entries of tasks. What puts tasks into the queue marks them in the same transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self._database.session()

    async def put_one(self, task: NewTask) -> None:
        """Put a task into the queue if there is room."""
        async with self._database.session() as session:
            if await self.room(session, [task.name]):
                await self.put(session, [(task.id, task.name)], datetime.now(UTC))

    async def room(self, session: AsyncSession, names: Collection[str]) -> int:
        """Return how many tasks the queue can take; those that other workers know take no room."""
        count = await session.scalar(COUNT, {"names": list(names), "limit": MAX_ENTRIES})
        return MAX_ENTRIES - (count or 0)

    async def put(self, session: AsyncSession, tasks: Sequence[tuple[UUID, str]], now: datetime) -> None:
        """Put those of these tasks that still wait at the end of the queue, in this order."""
        queued = await queue(session, [task_id for task_id, _ in tasks], now, wait=False)
        if put := [(task_id, name) for task_id, name in tasks if task_id in queued]:
            queries = await queries_in(session)
            await queries.enqueue([name for _, name in put], [each.bytes for each, _ in put], [0] * len(put))

    async def task_ids(self) -> set[UUID]:
        """Return the tasks that have an entry, waiting or delivered."""
        async with self._database.read_session(of_primary=True) as session:
            return {UUID(bytes=payload) for payload in await session.scalars(TASK_IDS)}

    async def forget_log(self) -> None:
        """Delete what PgQueuer has noted about entries of former days."""
        async with self._database.session() as session:
            await session.execute(FORGET_LOG)
