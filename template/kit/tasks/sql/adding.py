"""What a session of the service does to tasks: it adds them, and claims their effects, in its own transaction."""

from typing import Any
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from kit.sql import get_database
from kit.sql.base import Base
from kit.sql.dialect import dialect
from kit.tasks.sql.model import DeferredEffect, DeferredTask
from kit.tasks.storage import NewTask, State


async def add(session: AsyncSession, task: NewTask) -> bool:
    """Add a task, which the session writes with its other rows.

    If a task with the same unique key waits, lock that one: it begins only after this transaction, and sees its data.
    """
    values = {**vars(task), "state": State.WAITING}
    if task.unique_key is None:
        session.add(DeferredTask(**values))
        return True
    # Not the id: a database may read it from the index of the unique key, and lock nothing else.
    waiting = select(DeferredTask.state).where(DeferredTask.unique_key == task.unique_key).with_for_update(read=True)
    while not await _insert_once(session, DeferredTask, values):
        if await session.scalar(waiting):
            return False
    return True


async def add_alone(app: FastAPI, task: NewTask) -> bool:
    """Add a task, and commit it."""
    async with get_database(app).session() as session:
        return await add(session, task)


async def claim_effect(session: AsyncSession, task_id: UUID, key: str) -> bool:
    """Return whether no committed transaction has claimed this effect; wait for one that is about to."""
    return await _insert_once(session, DeferredEffect, {"task_id": task_id, "key": key})


async def _insert_once(session: AsyncSession, model: type[Base], values: dict[str, Any]) -> bool:
    """Insert a row, or return `False` if its key exists."""
    await session.flush()  # so that a duplicate key among the other rows is not mistaken for this one
    try:
        async with session.begin_nested():
            await session.execute(insert(model).values(**values))
    except IntegrityError as error:
        if dialect.is_unique_violation(error.orig):
            return False
        raise
    return True
