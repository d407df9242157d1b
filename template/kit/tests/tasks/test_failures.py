"""What becomes of a task that fails, on every engine and every database."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from kit.tasks import TaskRun, run
from kit.tasks import task as declare
from kit.tasks.storage import State
from kit.testing.started_tasks import RunTasks
from kit.tests.tasks.trials import Work, raising, stored, until_done
from kit.tests.trial import Lines

pytestmark = pytest.mark.anyio


async def test_a_task_that_fails_is_repeated_and_then_kept_with_its_error(
    run_tasks: RunTasks, capsys: pytest.CaptureFixture[str]
) -> None:
    work = Work(raising(ValueError("no such customer\nbut others")))
    task = work.as_task(retries=2, loggable=("number",))
    lines = Lines(capsys)
    async with run_tasks(task) as app:
        await task.defer(app, number=7)
        await work.wait(3)
        await until_done(app)
        [kept] = await stored(app)
    assert [(each.attempt, each.is_last) for each in work.runs] == [(1, False), (2, False), (3, True)]
    assert (kept.state, kept.attempt, kept.error) == (State.FAILED, 3, "ValueError: no such customer")
    finished = [line for line in lines(run.__name__) if line["event"] == "task finished"]
    assert [(line["task"], line["attempt"], line["result"], line["number"]) for line in finished] == [
        ("work", attempt, "failed", 7) for attempt in (1, 2, 3)
    ]


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


HARD: dict[str, tuple[Callable[[TaskRun], object], str]] = {
    "NUL": (raising(ValueError("a\0b")), "ValueError: a\\x00b"),
    "half of a character": (raising(ValueError("a\ud800b")), "ValueError: a\\ud800b"),
    "no text": (raising(UnspeakableError()), "UnspeakableError: it has no text"),
    "long": (raising(ValueError("\N{GRINNING FACE}" * 5000)), "ValueError: \N{GRINNING FACE}"),
    "cancelled": (raising(asyncio.CancelledError()), "CancelledError: something that the task awaited was cancelled"),
    "exit": (raising(SystemExit(3)), "RuntimeError: sys.exit(3) was called"),
}


@pytest.mark.parametrize("case", HARD)
async def test_whatever_a_task_raises_is_kept(run_tasks: RunTasks, case: str) -> None:
    then, error = HARD[case]
    work = Work(then)
    task = work.as_task(retries=1)
    async with run_tasks(task) as app:
        await task.defer(app)
        await work.wait(2)
        await until_done(app)
        [kept] = await stored(app)
    assert (kept.state, kept.attempt) == (State.FAILED, 2)
    assert str(kept.error).startswith(error)


async def test_a_task_over_its_limit_is_cancelled(run_tasks: RunTasks) -> None:
    work = Work(lambda _: asyncio.Event().wait())
    task = work.as_task(timeout=timedelta(milliseconds=50), retries=0)
    async with run_tasks(task) as app:
        await task.defer(app)
        await work.wait()
        await until_done(app)
        [kept] = await stored(app)
    assert (kept.state, kept.error) == (State.FAILED, "not done within 0.05 s")


async def test_arguments_that_do_not_fit_any_more_fail_at_once_with_the_reason(run_tasks: RunTasks) -> None:
    async def former(run: TaskRun, amount: str) -> None: ...

    work = Work()
    async with run_tasks(work.as_task(retries=5)) as app:
        await declare(id="work")(former).defer(app, amount="271828")
        await until_done(app)
        [kept] = await stored(app)
    assert (work.runs, kept.attempt) == ([], 1)
    assert str(kept.error).startswith("the arguments do not fit the signature any more: amount")
    assert "271828" not in str(kept.error)
