"""What tasks can rely on, on every engine and every database."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from structlog.contextvars import bound_contextvars

from kit.tasks import TaskRun, run, transaction
from kit.tasks.storage import NewTask, State, storage_module
from kit.testing.service import ask
from kit.testing.started_tasks import RunTasks
from kit.tests.tasks.trials import Work, raising, storage_of, stored, until, until_done
from kit.tests.trial import Lines

pytestmark = pytest.mark.anyio


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
    broken, unknown = Work(raising(ValueError())), Work()
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
