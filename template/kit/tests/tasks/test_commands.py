"""The commands that list, repeat and drop tasks."""

import asyncio
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from fastapi import FastAPI

from kit.tasks import TaskRun, transaction
from kit.tasks.commands import tasks
from kit.tasks.storage import State
from kit.testing.started_tasks import RunTasks
from kit.tests.tasks.trials import Work, stored, until

pytestmark = pytest.mark.anyio


def fail(_run: TaskRun) -> None:
    raise ValueError("no such customer")


async def call(*arguments: str) -> Result:
    """Call the command in a thread: it runs its own event loop."""
    return await asyncio.to_thread(CliRunner().invoke, tasks, arguments)


async def lines_of(*arguments: str) -> list[str]:
    result = await call(*arguments)
    assert result.exit_code == 0, result.output
    return [line for line in result.output.splitlines() if not line.startswith("{")]


async def test_a_failed_task_is_listed_repeated_and_dropped(run_tasks: RunTasks) -> None:
    work = Work(fail)
    task = work.as_task(retries=0)
    async with run_tasks(task) as app:
        task_id = await task.defer(app, number=271828)
        await work.wait()
        await until(lambda: failed(app))
        [line] = await lines_of("list", "--state", "failed")
        assert line.startswith(f"{task_id} failed work (unknown here) attempts 1, ")
        assert line.endswith(": ValueError: no such customer")
        assert "271828" not in line
        assert await lines_of("list", "--state", "running") == []
        assert await lines_of("retry", str(task_id)) == ["1 wait again"]
        await work.wait()
        await until(lambda: failed(app))
        assert await lines_of("retry", "--all") == ["1 wait again"]
        await work.wait()
        await until(lambda: failed(app))
        assert await lines_of("drop", "--all") == ["1 dropped"]
        assert await stored(app) == []
    assert [each.attempt for each in work.runs] == [1, 1, 1]


async def failed(app: FastAPI) -> bool:
    return bool(await stored(app, State.FAILED))


async def test_a_task_that_waits_is_dropped_by_its_id_only(run_tasks: RunTasks) -> None:
    task = Work().as_task()
    async with run_tasks() as app:
        async with transaction(app) as session:
            task_id = await task.defer(session)
        assert await lines_of("retry", str(task_id)) == ["0 wait again"]
        assert await lines_of("drop", "--all") == ["0 dropped"]
        assert await lines_of("drop", str(task_id)) == ["1 dropped"]
        assert await stored(app) == []


@pytest.mark.parametrize("arguments", [("retry",), ("drop",), ("drop", "--all", str(uuid4()))])
async def test_tasks_are_named_by_ids_or_all_together(arguments: tuple[str, ...]) -> None:
    result = await call(*arguments)
    assert (result.exit_code, "name the tasks by their ids" in result.output) == (2, True)
