"""Tasks in the transaction of a session."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from fastapi import FastAPI

from kit.sql import get_database
from kit.sql.dialect import dialect
from kit.tasks import transaction
from kit.tests.tasks.trials import Work, storage_of, stored

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def test_a_rollback_leaves_no_task(app: FastAPI) -> None:
    task = Work().as_task()
    with suppress(LookupError):
        async with transaction(app) as session:
            await task.defer(session)
            await session.flush()
            raise LookupError
    assert await stored(app) == []


@pytest.mark.parametrize("unique", [False, True])
async def test_a_savepoint_that_is_rolled_back_leaves_no_task(app: FastAPI, *, unique: bool) -> None:
    task = Work().as_task(unique=unique)
    async with transaction(app) as session:
        before = await task.defer(session, number=1)
        with suppress(LookupError):
            async with session.begin_nested():
                await task.defer(session, number=2)
                raise LookupError
        async with session.begin_nested():
            within = await task.defer(session, number=3)
    assert {each.id for each in await stored(app)} == {before, within}


async def test_a_session_that_only_reads_takes_no_task(app: FastAPI) -> None:
    task = Work().as_task()
    with pytest.raises(RuntimeError, match="This session only reads"):
        async with get_database(app).read_session() as session:
            await task.defer(session)
    with pytest.raises(RuntimeError, match="This session only reads"):
        async with get_database(app).read_session() as session:
            await Work().as_task(unique=True).defer(session)
    assert await stored(app) == []


async def test_a_unique_task_begins_after_the_transaction_that_dropped_another(app: FastAPI) -> None:
    """Or the task would not see the data for which the other one was deferred."""
    task = Work().as_task(unique=True)
    async with transaction(app) as session:
        assert await task.defer(session)
    storage = storage_of(app)
    [(task_id, _)] = await storage.due(["work"], 10, datetime.now(UTC))
    async with transaction(app) as session:
        assert await task.defer(session) is None
        if not dialect.ONE_WRITER:  # there, who does not wait for a task waits for its turn to write
            assert await storage.begin([task_id], uuid4(), datetime.now(UTC)) == []
        waiting = asyncio.create_task(storage.begin([task_id], uuid4(), datetime.now(UTC), wait=True))
        done, _ = await asyncio.wait([waiting], timeout=0.3)
        assert not done
    assert [each.id for each in await waiting] == [task_id]
