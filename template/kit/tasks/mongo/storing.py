"""Tasks in a collection, in the order in which they come: deferred, begun, ended, looked after."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from pymongo import ReturnDocument
from pymongo.errors import ExecutionTimeout

from kit.mongo import MongoDBConnectionManager, get_database
from kit.mongo.migrations import upgrade
from kit.mongo.settings import DatabaseSettings
from kit.settings import read_settings
from kit.tasks.mongo.document import DeferredEffectDocument, DeferredTaskDocument
from kit.tasks.storage import MAX_ERROR, Counts, Held, State, StoredTask

MAX_COUNT = 10_000
MAX_WAIT = 5000  # milliseconds, for a transaction that has changed a task
BATCH = 1000
Where = dict[str, Any]


class MongoStorage:
    """Tasks in a database."""

    def __init__(self, database: MongoDBConnectionManager) -> None:
        self._database = database

    async def due(self, names: Collection[str], limit: int, now: datetime) -> Sequence[tuple[UUID, str]]:
        where = {"state": State.WAITING, "due_at": {"$lte": now}, "name": {"$in": list(names)}}
        async with self._database.session() as session:
            found = session[DeferredTaskDocument.collection].find(where, {"name": 1})
            tasks = await found.sort([("due_at", 1), ("_id", 1)]).limit(limit).to_list(None)
        return [(each["_id"], each["name"]) for each in tasks]

    async def begin(
        self, ids: Collection[UUID], lease: UUID, now: datetime, *, wait: bool = False
    ) -> Sequence[StoredTask]:
        limits: dict[str, Any] = {} if wait else {"maxTimeMS": MAX_WAIT}
        begun = await asyncio.gather(*(self._begin(each, lease, now, **limits) for each in ids))
        return [each for each in begun if each]

    async def _begin(self, task_id: UUID, lease: UUID, now: datetime, **limits: Any) -> StoredTask | None:
        """Begin a task unless it has begun, or is changed by an open transaction for longer than the limit."""
        may_begin = [{"state": State.QUEUED}, {"state": State.WAITING, "due_at": {"$lte": now}}]
        update: Where = {
            "$set": {"state": State.RUNNING, "lease": lease},
            "$unset": {"unique_key": ""},
            "$inc": {"attempt": 1, "beat": 1},
        }
        async with self._database.session() as session:
            try:
                found = await session[DeferredTaskDocument.collection].find_one_and_update(
                    {"_id": task_id, "$or": may_begin}, update, return_document=ReturnDocument.AFTER, **limits
                )
            except ExecutionTimeout:
                return None
        return _stored(found) if found else None

    async def mark_queued(self, ids: Collection[UUID], now: datetime) -> None:
        where = {"_id": {"$in": list(ids)}, "state": State.WAITING, "due_at": {"$lte": now}}
        await self._update(where, state=State.QUEUED)

    async def renew(self, ids: Collection[UUID], lease: UUID) -> None:
        async with self._database.session() as session:
            mine = {"_id": {"$in": list(ids)}, "lease": lease}
            await session[DeferredTaskDocument.collection].update_many(mine, {"$inc": {"beat": 1}})

    async def held(self) -> Mapping[UUID, Held]:
        where = {"state": {"$in": [State.QUEUED, State.RUNNING]}}
        async with self._database.session() as session:
            found = session[DeferredTaskDocument.collection].find(where, {"state": 1, "beat": 1})
            return {each["_id"]: Held(State(each["state"]), each["beat"]) for each in await found.to_list(None)}

    async def release(self, tasks: Mapping[UUID, Held], error: str) -> None:
        for task_id, held in tasks.items():
            unchanged = {"_id": task_id, "state": held.state, "beat": held.beat}
            note = {"error": error} if held.state is State.RUNNING else {}
            await self._update(unchanged, state=State.WAITING, lease=None, **note)

    async def finish(self, task_id: UUID, lease: UUID) -> None:
        await self._delete({"_id": task_id, "lease": lease})

    async def repeat(self, task: StoredTask, lease: UUID, due_at: datetime, error: str) -> None:
        values = {"state": State.WAITING, "lease": None, "attempt": task.attempt, "due_at": due_at}
        await self._update({"_id": task.id, "lease": lease}, **values, error=error[:MAX_ERROR])

    async def fail(self, task_id: UUID, lease: UUID, error: str) -> None:
        await self._update({"_id": task_id, "lease": lease}, state=State.FAILED, lease=None, error=error[:MAX_ERROR])

    async def follow_clock(self, now: datetime) -> None:
        at_once = {"$expr": {"$lte": ["$due_at", "$created_at"]}}
        await self._update({"state": State.WAITING, "due_at": {"$gt": now}, **at_once}, due_at=now)

    async def forget_effects(self, before: datetime) -> None:
        async with self._database.session() as session:
            effects = session[DeferredEffectDocument.collection]
            last: Where = {}
            while found := await effects.find({"created_at": {"$lt": before}, **last}).sort("_id", 1).to_list(BATCH):
                tasks = [each["task_id"] for each in found]
                kept = await session[DeferredTaskDocument.collection].distinct("_id", {"_id": {"$in": tasks}})
                done = [each["_id"] for each in found if each["task_id"] not in kept]
                await effects.delete_many({"_id": {"$in": done}})
                last = {"_id": {"$gt": found[-1]["_id"]}}

    async def counts(self, now: datetime) -> Counts:
        async with self._database.session() as session:
            tasks = session[DeferredTaskDocument.collection]
            waits = {"state": {"$in": [State.WAITING, State.QUEUED]}}
            waiting = await tasks.count_documents(waits, limit=MAX_COUNT)
            failed = await tasks.count_documents({"state": State.FAILED}, limit=MAX_COUNT)
            oldest: Any = await tasks.find_one(waits | {"due_at": {"$lte": now}}, {"due_at": 1}, sort=[("due_at", 1)])
        return Counts(waiting, failed, oldest and oldest["due_at"])

    async def list_tasks(self, state: State | None, after: UUID | None, limit: int) -> Sequence[StoredTask]:
        where: Where = {} if state is None else {"state": state}
        where |= {} if after is None else {"_id": {"$gt": after}}
        async with self._database.session() as session:
            found = session[DeferredTaskDocument.collection].find(where).sort("_id", 1).limit(limit)
            return [_stored(each) for each in await found.to_list(None)]

    async def retry(self, ids: Collection[UUID] | None, now: datetime) -> int:
        chosen: Where = {} if ids is None else {"_id": {"$in": list(ids)}}
        return await self._update({"state": State.FAILED, **chosen}, state=State.WAITING, attempt=0, due_at=now)

    async def drop(self, ids: Collection[UUID] | None) -> int:
        return await self._delete({"state": State.FAILED} if ids is None else {"_id": {"$in": list(ids)}})

    async def _update(self, where: Where, **values: Any) -> int:
        async with self._database.session() as session:
            tasks = session[DeferredTaskDocument.collection]
            return (await tasks.update_many(where, {"$set": values})).matched_count

    async def _delete(self, where: Where) -> int:
        async with self._database.session() as session:
            return (await session[DeferredTaskDocument.collection].delete_many(where)).deleted_count


def storage_of(app: FastAPI) -> MongoStorage:
    """Return the tasks of the running service."""
    return MongoStorage(get_database(app))


@asynccontextmanager
async def open_storage() -> AsyncGenerator[MongoStorage]:
    """Open the database of the settings for a command."""
    async with MongoDBConnectionManager(read_settings()[DatabaseSettings], prepare=upgrade) as database:
        yield MongoStorage(database)


def _stored(found: Mapping[str, Any]) -> StoredTask:
    document = DeferredTaskDocument.model_validate(found)
    values: dict[str, Any] = document.model_dump(include=set(StoredTask.__dataclass_fields__))
    values["state"] = State(document.state)
    return StoredTask(**values)
