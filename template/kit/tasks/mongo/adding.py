"""What a session of the service does to tasks: it adds them, and claims their effects."""

from uuid import UUID

from fastapi import FastAPI

from kit.mongo import get_database
from kit.mongo.driver import Database
from kit.tasks.mongo.document import DeferredEffectDocument, DeferredTaskDocument
from kit.tasks.storage import NewTask, State


async def add(session: Database, task: NewTask) -> bool:
    """Add a task.

    If a task with the same unique key waits, change that one: in a transaction, it begins only after the commit, and
    sees the data.
    """
    document = DeferredTaskDocument(**vars(task), state=State.WAITING).model_dump(by_alias=True)
    collection = session[DeferredTaskDocument.collection]
    if task.unique_key is None:
        await collection.insert_one(document)
        return True
    del document["unique_key"], document["asked"]  # the first comes from the filter
    update = {"$setOnInsert": document, "$inc": {"asked": 1}}
    return (await collection.update_one({"unique_key": task.unique_key}, update, upsert=True)).upserted_id is not None


async def add_alone(app: FastAPI, task: NewTask) -> bool:
    """Add a task without a transaction, because transactions that add the same unique task conflict."""
    async with get_database(app).session() as session:
        return await add(session, task)


async def claim_effect(session: Database, task_id: UUID, key: str) -> bool:
    """Return whether nobody has claimed this effect; a transaction fails if another one is about to."""
    effect = DeferredEffectDocument(task_id=task_id, key=key).model_dump(by_alias=True, exclude={"task_id", "key"})
    found = await session[DeferredEffectDocument.collection].update_one(
        {"task_id": task_id, "key": key}, {"$setOnInsert": effect}, upsert=True
    )
    return found.upserted_id is not None
