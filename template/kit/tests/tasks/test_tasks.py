"""What tasks can rely on, on every engine and every database."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from structlog.contextvars import bound_contextvars

from kit.tasks import TaskRun, run, transaction
from kit.tasks import task as declare
from kit.tasks.storage import NewTask, State, storage_module
from kit.testing.service import ask
from kit.testing.started_tasks import RunTasks
from kit.tests.tasks.trials import SECONDS, Work, storage_of, stored, until, until_done
from kit.tests.trial import Lines

pytestmark = pytest.mark.anyio


def raising(error: BaseException) -> Callable[[TaskRun], None]:
    def work(_run: TaskRun) -> None:
        raise error

    return work


fail = raising(ValueError("no such customer\nbut others"))


async def test_a_task_runs_with_its_arguments_and_is_gone(run_tasks: RunTasks) -> None:
    work = Work()
    task = work.as_task()
    async with run_tasks(task) as app:
        task_id = await task.defer(app, number=7)
        await work.wait()
        await until_done(app)
        assert await stored(app) == []
    [begun] = work.runs
    assert (work.numbers, begun.id, begun.attempt, begun.is_last) == ([7], task_id, 1, False)


async def test_a_task_of_a_session_runs_after_the_commit(run_tasks: RunTasks) -> None:
    work = Work()
    task = work.as_task()
    async with run_tasks(task) as app:
        async with transaction(app) as session:
            for number in range(5):
                await task.defer(session, number=number)
        await work.wait(5)
    assert sorted(work.numbers) == list(range(5))


async def test_a_delayed_task_waits(run_tasks: RunTasks) -> None:
    work, later = Work(), Work()
    task, delayed = work.as_task(), later.as_task("later")
    async with run_tasks(task, delayed) as app:
        began = datetime.now(UTC)
        await delayed.defer(app, delay=timedelta(seconds=0.5))
        await task.defer(app)
        await work.wait()
        assert later.runs == []
        await later.wait()
        assert datetime.now(UTC) - began >= timedelta(seconds=0.5)


async def test_a_task_that_fails_is_repeated_and_then_kept_with_its_error(
    run_tasks: RunTasks, capsys: pytest.CaptureFixture[str]
) -> None:
    work = Work(fail)
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


async def test_arguments_are_not_logged(run_tasks: RunTasks, capsys: pytest.CaptureFixture[str]) -> None:
    work = Work()
    task = work.as_task()
    lines = Lines(capsys)
    async with run_tasks(task) as app:
        await task.defer(app, number=271828)
        await work.wait()
        await until_done(app)
    output = lines(run.__name__)
    assert output
    assert "271828" not in str(output)


async def test_a_task_over_its_limit_is_cancelled(run_tasks: RunTasks) -> None:
    work = Work(lambda _: asyncio.Event().wait())
    task = work.as_task(timeout=timedelta(milliseconds=50), retries=0)
    async with run_tasks(task) as app:
        await task.defer(app)
        await work.wait()
        await until_done(app)
        [kept] = await stored(app)
    assert (kept.state, kept.error) == (State.FAILED, "not done within 0.05 s")


async def test_a_unique_task_drops_a_second_one_while_the_first_waits(run_tasks: RunTasks) -> None:
    go = asyncio.Event()
    work = Work(lambda _: go.wait())
    task = work.as_task(unique=True)
    soon = timedelta(seconds=2)
    async with run_tasks(task) as app:
        assert await task.defer(app, number=1, delay=soon)
        assert await task.defer(app, number=1) is None
        async with transaction(app) as session:
            assert await task.defer(session, number=1) is None
        assert await task.defer(app, number=2, delay=soon)
        await work.wait(2)
        assert await task.defer(app, number=1), "the first one does not wait any more"
        go.set()
        await work.wait()
        await until_done(app)
    assert sorted(work.numbers) == [1, 1, 2]


async def test_many_that_ask_for_one_unique_task_at_once_all_get_it(run_tasks: RunTasks) -> None:
    task = Work().as_task(unique=True)
    later = timedelta(hours=1)
    async with run_tasks(task) as app:
        found = await asyncio.gather(*(task.defer(app, number=1, delay=later) for _ in range(20)))
        [waiting] = await stored(app)
    assert {*found} == {None, waiting.id}


async def test_a_task_of_an_unknown_name_waits_and_holds_up_no_others(run_tasks: RunTasks) -> None:
    work, unknown = Work(), Work()
    task, newer = work.as_task(), unknown.as_task("newer")
    async with run_tasks(task) as app:
        for _ in range(3):
            await newer.defer(app)
        await task.defer(app)
        await work.wait()
        assert unknown.runs == []
    async with run_tasks(task, newer) as app:
        await unknown.wait(3)
        await until_done(app)


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


async def test_an_effect_happens_once_although_the_task_is_repeated(run_tasks: RunTasks) -> None:
    effects: list[int] = []

    async def work(run: TaskRun) -> None:
        async with transaction(run.app) as session:
            if await run.idempotent(session, "charge"):
                effects.append(run.attempt)
            assert not await run.idempotent(session, "charge")
            assert await run.idempotent(session, f"attempt {run.attempt}")
        if not run.is_last:
            raise ValueError("again")

    async def begin(run: TaskRun) -> None:
        await work(run)

    trial = Work(begin)
    task = trial.as_task(retries=2)
    async with run_tasks(task) as app:
        await task.defer(app)
        await trial.wait(3)
        await until_done(app)
        assert await stored(app) == []
        await storage_of(app).forget_effects(datetime.now(UTC) + timedelta(days=1))
        async with transaction(app) as session:
            assert await storage_module().claim_effect(session, trial.runs[0].id, "charge"), "it has been forgotten"
    assert effects == [1]


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


async def test_a_clock_that_was_put_back_delays_no_task_that_was_due(run_tasks: RunTasks) -> None:
    work = Work()
    task = work.as_task()
    future = datetime.now(UTC) + timedelta(hours=1)
    async with run_tasks() as app, transaction(app) as session:
        new = NewTask(id=uuid4(), name="work", arguments="{}", context="{}", created_at=future, due_at=future)
        await storage_module().add(session, new)
    async with run_tasks(task) as app:
        await work.wait()
        await until_done(app)


async def test_the_user_travels_along(run_tasks: RunTasks, capsys: pytest.CaptureFixture[str]) -> None:
    work = Work()
    task = work.as_task()
    lines = Lines(capsys)
    async with run_tasks(task) as app:
        with bound_contextvars(user_id="ada", request_id="r-1", other="stays"):
            await task.defer(app)
        await work.wait()
        await until_done(app)
    assert work.runs[0].user_id == "ada"
    [line] = [line for line in lines(run.__name__) if line["event"] == "task finished"]
    assert (line["user_id"], line["request_id"]) == ("ada", "r-1")
    assert "other" not in line


async def test_ready_reports_how_much_waits_and_what_has_failed(run_tasks: RunTasks) -> None:
    broken, unknown = Work(fail), Work()
    task = broken.as_task(retries=0)
    async with run_tasks(task) as app:
        await task.defer(app)
        async with transaction(app) as session:
            await unknown.as_task("unknown").defer(session)
        await until(lambda: stored(app, State.FAILED))
        async with ask(app) as client:
            check = (await client.get("/ready")).json()["checks"]["tasks"]
    assert (check["status"], check["details"]["waiting"], check["details"]["failed"]) == ("ok", 1, 1)
    assert check["details"]["oldest_seconds"] > 0
