"""A service moves its jobs and tasks to PgQueuer, as docs/outgrow.md says, and no task that waits is lost."""

from pathlib import Path

import pytest

from tests.environments import Environment, clean_environ, environment_of
from tests.servers.program import Program
from tests.servers.waiting import wait_until
from tests.template import Service
from tests.test_tasks import PLAIN, TASK
from tests.updating import adopt, change_answers, commit

pytestmark = pytest.mark.thorough

FORMER = [PLAIN.but(database="postgres", scheduler=each) for each in ("apscheduler", "taskiq")]
DEFER = """
import asyncio
from sqlalchemy import text
from app.jobs.settle import settle
from kit.application import opened
from kit.tasks import transaction

async def main():
    async with opened() as app, transaction(app) as session:
        for number in range(4):
            await settle.defer(session, number=number)
        await session.flush()
        # As if two of them were in a queue that this service does not have any more.
        queued = "UPDATE deferred_tasks SET state = 'queued' WHERE arguments SIMILAR TO '%[23]%'"
        await session.execute(text(queued))

asyncio.run(main())
"""


@pytest.mark.combinations(FORMER)
def test_tasks_that_wait_are_done_by_the_new_workers(
    service: Service, environment: Environment, settings: dict[str, str], run_folder: Path, tmp_path: Path
) -> None:
    shop = adopt(service.path, tmp_path / "shop")
    (shop / "app/jobs/settle.py").write_text(TASK, "utf-8")
    given = {**settings, "ENVIRONMENT": "development"}
    for command in (
        ("-m", "alembic", "revision", "--message", "Ours"),
        ("-m", "app", "migrate"),
        ("-c", DEFER),
    ):
        done = environment.run(*command, cwd=shop, **given)
        assert done.returncode == 0, done.stdout
    commit(shop, "Settle orders")
    change_answers(shop, {"scheduler": "pgqueuer"})
    moved = environment_of(shop, run_folder / "environments")
    for command in (("-m", "alembic", "merge", "heads", "--message", "Join the queue"), ("-m", "app", "migrate")):
        done = moved.run(*command, cwd=shop, **given)
        assert done.returncode == 0, done.stdout
    worker = Program(
        [moved.python, "-m", "app", "worker"], tmp_path / "worker.log", cwd=shop, env=clean_environ(**given)
    )
    worker.start()
    try:
        wait_until(lambda: ended(shop) == [0, 1, 2, 3], seconds=40, what="all tasks are done")
    finally:
        assert worker.stop() == 0


def ended(shop: Path) -> list[int]:
    notes = shop / "settled.txt"
    lines = [line.split() for line in notes.read_text("utf-8").splitlines()] if notes.exists() else []
    return sorted(int(number) for what, number, _ in lines if what == "end")
