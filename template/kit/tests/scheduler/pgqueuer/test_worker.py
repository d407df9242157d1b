"""What a worker does about entries that others left, and about a database that goes away."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from pgqueuer.queries import Queries
from sqlalchemy import text

from kit.scheduler.pgqueuer import driver as module
from kit.scheduler.pgqueuer.driver import SessionDriver, WorkerDriver, queries_in
from kit.sql import Database
from kit.testing.started_jobs import RunJobs
from kit.tests.scheduler.trials import SECONDS, Work
from kit.tests.trial import Lines

pytestmark = pytest.mark.anyio


async def leave(queue: Database, deliveries: int) -> None:
    """Leave the entry of a run whose workers, this many, died."""
    async with queue.session() as session:
        await (await queries_in(session)).enqueue("work", None, dedupe_key="work")
        await session.execute(
            text("UPDATE pgqueuer SET status = 'picked', heartbeat = now() - interval '1 h', queue_manager_id = :me"),
            {"me": uuid4()},
        )
        await session.execute(
            text(
                "INSERT INTO scheduled_jobs (id, name, deliveries, created_at, updated_at) "
                "VALUES (gen_random_uuid(), 'work', :deliveries, now(), now())"
            ),
            {"deliveries": deliveries},
        )


async def until_empty(queue: Database) -> None:
    async with asyncio.timeout(SECONDS):
        while True:
            async with queue.session() as session:
                if not await session.scalar(text("SELECT count(*) FROM pgqueuer")):
                    return
            await asyncio.sleep(0.05)


async def test_the_run_of_a_dead_worker_is_begun_again(queue: Database, run_jobs: RunJobs) -> None:
    work = Work()
    await leave(queue, deliveries=2)
    async with run_jobs(work.as_job()):
        await work.wait()
        await until_empty(queue)


async def test_a_run_whose_workers_all_died_is_given_up(
    queue: Database, run_jobs: RunJobs, capsys: pytest.CaptureFixture[str]
) -> None:
    work, lines = Work(), Lines(capsys)
    await leave(queue, deliveries=3)
    async with run_jobs(work.as_job()):
        await until_empty(queue)
    assert work.count == 0
    assert "a job is given up: its workers died" in [
        line["event"] for line in lines("kit.scheduler.pgqueuer.queue_scheduler")
    ]


async def test_the_tables_are_those_that_this_version_of_pgqueuer_expects(queue: Database) -> None:
    async with queue.engines.writer.connect() as connection:
        plan = await Queries(SessionDriver(connection)).plan_upgrade()
    assert plan.statements == ()


async def test_a_statement_of_a_worker_waits_for_the_database(queue: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECONDS_AFTER_ERROR", "SECONDS_TO_SHOW_LIFE"):
        monkeypatch.setattr(module, name, 0.01)
    driver, begin, failures = WorkerDriver(queue), queue.engines.writer.begin, [1, 2]

    @asynccontextmanager
    async def failing() -> AsyncGenerator[object]:
        if failures:
            raise ConnectionError(f"away {failures.pop()}")
        async with begin() as connection:
            yield connection

    def begun(_engine: object) -> object:
        return failing()

    monkeypatch.setattr(type(queue.engines.writer), "begin", begun)
    assert await driver.fetch("SELECT 7 AS number") == [{"number": 7}]
    driver.shutdown.set()
    failures.append(3)
    with pytest.raises(ConnectionError, match="away 3"):
        await driver.execute("SELECT 1")
