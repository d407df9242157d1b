"""Tasks in a table do not cost more because others wait."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from fastapi import FastAPI

from kit.sql import get_database
from kit.tasks import transaction
from kit.testing.scratch_tables import statements
from kit.tests.tasks.trials import Work, storage_of

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def test_tasks_are_taken_by_their_ids_alone(app: FastAPI) -> None:
    """With their state too, some servers read all that wait."""
    task = Work().as_task()
    async with transaction(app) as session:
        task_ids = [await task.defer(session, number=number) for number in range(2)]
    storage, now = storage_of(app), datetime.now(UTC)
    with statements(get_database(app).engines.writer) as seen:
        await storage.mark_queued([each for each in task_ids if each], now)
        begun = await storage.begin([each for each in task_ids if each], uuid4(), now)
    assert [each.id for each in begun] == task_ids
    found = [each.partition(" WHERE ")[2] for each in seen if "deferred_tasks" in each]
    assert len(found) > 2
    assert all("state" not in each for each in found)
