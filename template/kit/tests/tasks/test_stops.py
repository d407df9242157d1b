"""What becomes of a task when the process stops, on every engine and every database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kit.tasks.storage import State
from kit.testing.started_tasks import RunTasks
from kit.tests.tasks.trials import SECONDS, Work, storage_of, stored, until_done

pytestmark = pytest.mark.anyio


async def test_stopping_gives_a_task_that_takes_too_long_to_the_next_process(run_tasks: RunTasks) -> None:
    work = Work(lambda _: asyncio.Event().wait())
    task = work.as_task()
    async with asyncio.timeout(SECONDS):
        async with run_tasks(task, shutdown_timeout=0.05) as app:
            await task.defer(app)
            await work.wait()
        quick = Work()
        async with run_tasks(quick.as_task()) as app:
            await quick.wait()
            await until_done(app)
    assert (work.runs[0].attempt, quick.runs[0].attempt) == (1, 1)
    assert work.runs[0].id == quick.runs[0].id


async def test_a_task_that_begins_while_the_process_stops_is_given_back(
    run_tasks: RunTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins = asyncio.Event()
    task = Work(lambda _: asyncio.Event().wait()).as_task()
    with monkeypatch.context() as changed:
        async with run_tasks(task, shutdown_timeout=1) as app:
            storage = type(storage_of(app))
            changed.setattr(storage, "begin", slow(storage.begin, begins))
            await task.defer(app)
            async with asyncio.timeout(SECONDS):
                await begins.wait()
    async with run_tasks() as app:
        [left] = await stored(app)
    assert (left.state, left.attempt) in {(State.WAITING, 0), (State.QUEUED, 0)}


def slow(begin: Callable[..., Awaitable[Any]], begins: asyncio.Event) -> Callable[..., Awaitable[Any]]:
    async def begin_slowly(*arguments: Any, **options: Any) -> Any:
        begun = await begin(*arguments, **options)
        begins.set()
        await asyncio.sleep(0.3)
        return begun

    return begin_slowly
