"""Tasks in a table, in the order in which they come: deferred, begun, ended, looked after."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from kit.settings import read_settings
from kit.sql import Database, get_database
from kit.sql.migrations import check_migrations
from kit.sql.settings import DatabaseSettings
from kit.tasks.sql.model import DeferredEffect, DeferredTask
from kit.tasks.storage import MAX_ERROR, Counts, Held, State, StoredTask

MAX_COUNT = 10_000


class SqlStorage:
    """Tasks in a database. Conflicts between transactions are tried again.

    Tasks are taken by their ids alone: with their states as well, a database may search all that wait.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, names: Collection[str], limit: int, now: datetime) -> Sequence[tuple[UUID, str]]:
        query = (
            select(DeferredTask.id, DeferredTask.name)
            .where(DeferredTask.state == State.WAITING, DeferredTask.due_at <= now, DeferredTask.name.in_(names))
            .order_by(DeferredTask.due_at, DeferredTask.id)
            .limit(limit)
        )
        async with self._database.read_session(of_primary=True) as session:
            return [(task_id, name) for task_id, name in await session.execute(query)]

    async def begin(
        self, ids: Collection[UUID], lease: UUID, now: datetime, *, wait: bool = False
    ) -> Sequence[StoredTask]:
        query = select(DeferredTask).where(DeferredTask.id.in_(ids)).with_for_update(skip_locked=not wait)

        async def work(session: AsyncSession) -> Sequence[StoredTask]:
            found = [row for row in await session.scalars(query) if row.state == State.QUEUED or _waits(row, now)]
            rows = sorted(found, key=lambda row: (row.due_at, row.id))
            for row in rows:
                row.state, row.lease, row.unique_key = State.RUNNING, lease, None
                row.attempt, row.beat = row.attempt + 1, row.beat + 1
            return [_stored(row) for row in rows]

        return await self._database.retried(work)

    async def mark_queued(self, ids: Collection[UUID], now: datetime) -> None:
        await self._database.retried(lambda session: queue(session, ids, now, wait=True))

    async def renew(self, ids: Collection[UUID], lease: UUID) -> None:
        await self._update(DeferredTask.id.in_(ids), DeferredTask.lease == lease, beat=DeferredTask.beat + 1)

    async def held(self) -> Mapping[UUID, Held]:
        query = select(DeferredTask.id, DeferredTask.state, DeferredTask.beat).where(
            DeferredTask.state.in_((State.QUEUED, State.RUNNING))
        )
        async with self._database.read_session(of_primary=True) as session:
            return {task_id: Held(State(state), beat) for task_id, state, beat in await session.execute(query)}

    async def release(self, tasks: Mapping[UUID, Held], error: str) -> None:
        for task_id, held in tasks.items():
            unchanged = (DeferredTask.id == task_id, DeferredTask.state == held.state, DeferredTask.beat == held.beat)
            note = {"error": error} if held.state is State.RUNNING else {}
            await self._update(*unchanged, state=State.WAITING, lease=None, **note)

    async def finish(self, task_id: UUID, lease: UUID) -> None:
        await self._delete(DeferredTask.id == task_id, DeferredTask.lease == lease)

    async def repeat(self, task: StoredTask, lease: UUID, due_at: datetime, error: str) -> None:
        mine = (DeferredTask.id == task.id, DeferredTask.lease == lease)
        values = {"state": State.WAITING, "lease": None, "attempt": task.attempt, "due_at": due_at}
        await self._update(*mine, **values, error=error[:MAX_ERROR])

    async def fail(self, task_id: UUID, lease: UUID, error: str) -> None:
        mine = (DeferredTask.id == task_id, DeferredTask.lease == lease)
        await self._update(*mine, state=State.FAILED, lease=None, error=error[:MAX_ERROR])

    async def follow_clock(self, now: datetime) -> None:
        at_once = (DeferredTask.due_at > now, DeferredTask.due_at <= DeferredTask.created_at)
        await self._update(DeferredTask.state == State.WAITING, *at_once, due_at=now)

    async def forget_effects(self, before: datetime) -> None:
        is_done = ~exists().where(DeferredTask.id == DeferredEffect.task_id)
        async with self._database.session() as session:
            await session.execute(delete(DeferredEffect).where(DeferredEffect.created_at < before, is_done))

    async def counts(self, now: datetime) -> Counts:
        async with self._database.read_session(of_primary=True) as session:
            waiting = await session.scalar(_count(State.WAITING, State.QUEUED)) or 0
            failed = await session.scalar(_count(State.FAILED)) or 0
            first = [await session.scalar(_first(state, now)) for state in (State.WAITING, State.QUEUED)]
        return Counts(waiting, failed, min(filter(None, first), default=None))

    async def list_tasks(self, state: State | None, after: UUID | None, limit: int) -> Sequence[StoredTask]:
        query = select(DeferredTask).order_by(DeferredTask.id).limit(limit)
        query = query if state is None else query.where(DeferredTask.state == state)
        query = query if after is None else query.where(DeferredTask.id > after)
        async with self._database.read_session(of_primary=True) as session:
            return [_stored(row) for row in await session.scalars(query)]

    async def retry(self, ids: Collection[UUID] | None, now: datetime) -> int:
        chosen = [] if ids is None else [DeferredTask.id.in_(ids)]
        return await self._update(
            DeferredTask.state == State.FAILED, *chosen, state=State.WAITING, attempt=0, due_at=now
        )

    async def drop(self, ids: Collection[UUID] | None) -> int:
        return await self._delete(DeferredTask.state == State.FAILED if ids is None else DeferredTask.id.in_(ids))

    async def _update(self, *where: ColumnElement[bool], **values: Any) -> int:
        async def work(session: AsyncSession) -> int:
            result: Any = await session.execute(update(DeferredTask).where(*where).values(**values))
            return result.rowcount

        return await self._database.retried(work)

    async def _delete(self, *where: ColumnElement[bool]) -> int:
        async def work(session: AsyncSession) -> int:
            result: Any = await session.execute(delete(DeferredTask).where(*where))
            return result.rowcount

        return await self._database.retried(work)


def storage_of(app: FastAPI) -> SqlStorage:
    """Return the tasks of the running service."""
    return SqlStorage(get_database(app))


@asynccontextmanager
async def open_storage() -> AsyncGenerator[SqlStorage]:
    """Open the database of the settings for a command."""
    database = Database(read_settings()[DatabaseSettings])
    try:
        await check_migrations(database)
        yield SqlStorage(database)
    finally:
        await database.close()


async def queue(session: AsyncSession, ids: Collection[UUID], now: datetime, *, wait: bool) -> set[UUID]:
    """Mark those of these tasks that are due as queued, and return them.

    Leave out those that another transaction has locked, or `wait` for it.
    """
    columns = (DeferredTask.id, DeferredTask.state, DeferredTask.due_at)
    query = select(*columns).where(DeferredTask.id.in_(ids)).with_for_update(skip_locked=not wait)
    found = {row.id for row in await session.execute(query) if _waits(row, now)}
    await session.execute(update(DeferredTask).where(DeferredTask.id.in_(found)).values(state=State.QUEUED))
    return found


def open_transaction(app: FastAPI) -> AbstractAsyncContextManager[AsyncSession]:
    return get_database(app).session()


def _waits(row: Any, now: datetime) -> bool:
    return row.state == State.WAITING and row.due_at <= now


def _first(state: State, now: datetime) -> Any:
    return select(func.min(DeferredTask.due_at)).where(DeferredTask.state == state, DeferredTask.due_at <= now)


def _count(*states: State) -> Any:
    some = select(DeferredTask.id).where(DeferredTask.state.in_(states)).limit(MAX_COUNT).subquery()
    return select(func.count()).select_from(some)


def _stored(row: DeferredTask) -> StoredTask:
    return StoredTask(
        id=row.id,
        name=row.name,
        arguments=row.arguments,
        context=row.context,
        due_at=row.due_at,
        created_at=row.created_at,
        state=State(row.state),
        attempt=row.attempt,
        beat=row.beat,
        error=row.error,
    )
