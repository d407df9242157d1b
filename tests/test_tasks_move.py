"""Tasks that wait are done by the code that comes next: that of another engine, or of another version."""

import contextlib
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from shutil import copytree

import httpx2
import pytest

from tests.combinations import Combination
from tests.environments import Environment, clean_environ, environment_of
from tests.servers import Servers
from tests.servers.program import Program, running
from tests.servers.waiting import wait_until
from tests.serving import NO_TLS, Serving, open_to_all, serving
from tests.template import Service
from tests.updating import adopt, change_answers, commit

pytestmark = pytest.mark.thorough

PLAIN = Combination(
    (("database", "sqlite"), ("scheduler", "apscheduler"), ("store", "none"), ("auth", "none"), ("example", False))
)
DATABASES = ("sqlite", "postgres", "mysql", "mongodb")
ENGINES = ("apscheduler", "taskiq")
ON_EACH = [PLAIN.but(database=database, scheduler=engine) for database in DATABASES for engine in ENGINES]
IN_DATABASE = PLAIN.but(database="postgres", scheduler="pgqueuer")
BESIDE = {"taskiq": ["scheduler", "worker"], "pgqueuer": ["worker"]}
ROUTE = """
from datetime import timedelta
from fastapi import APIRouter, Request
from app.jobs.{task} import {task}
from kit.tasks import transaction

router = APIRouter()

@router.post("/{{number}}")
async def defer(number: int, request: Request) -> None:
    async with transaction(request.app) as session:
        await {task}.defer(session, number=number, delay=timedelta(seconds=number % 3))
"""
TASK = """
from pathlib import Path
from kit.tasks import TaskRun, task

def note(what, number):
    with Path("{notes}").open("a") as file:
        file.write(f"{{what}} {{number}}\\n")

@task(retries=20)
async def {task}(run: TaskRun, number: int) -> None:
    if not Path("{allowed}").exists():
        note("not yet", number)
        raise RuntimeError("not yet")
    note("{task}", number)
"""
NUMBERS = range(20)


class Orders:
    """Services of one database that take orders, and the tasks that settle them in whichever process."""

    def __init__(self, folder: Path) -> None:
        self._notes = folder / "notes.txt"
        self._allowed = folder / "allowed"

    def write_task(self, workspace: Path, name: str) -> None:
        (workspace / f"app/api/v1/{name}").mkdir(parents=True)
        (workspace / f"app/api/v1/{name}/routes.py").write_text(ROUTE.format(task=name), "utf-8")
        text = TASK.format(task=name, notes=self._notes, allowed=self._allowed)
        (workspace / f"app/jobs/{name}.py").write_text(text, "utf-8")
        open_to_all(workspace, f"app/api/v1/{name}")

    def defer(self, service: Serving, task: str) -> None:
        for number in NUMBERS:
            url = f"{service.url}/api/v1/{task}/{number}"
            httpx2.post(url, timeout=30, trust_env=False, verify=NO_TLS).raise_for_status()

    def allow(self) -> None:
        self._allowed.touch()

    def noted(self, what: str) -> list[int]:
        lines = self._notes.read_text("utf-8").splitlines() if self._notes.exists() else []
        return [int(number) for each, _, number in (line.rpartition(" ") for line in lines) if each == what]

    def wait(self, what: str) -> None:
        wait_until(lambda: {*self.noted(what)} >= {*NUMBERS}, seconds=120, what=f"'{what}' for each order")


@pytest.fixture
def orders(tmp_path: Path) -> Orders:
    return Orders(tmp_path)


@pytest.fixture
def settings(combination: Combination, servers: Servers, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Yield the settings of both engines for one database."""
    behind = servers.behind(combination.but(scheduler="taskiq").answers)
    with contextlib.ExitStack() as stack:
        urls = {setting: stack.enter_context(server.database()) for setting, server in behind.items()}
        yield {"DATABASE_URL": f"sqlite:///{tmp_path}/app.db", "ENVIRONMENT": "development", **urls}


@contextlib.contextmanager
def working(environment: Environment, workspace: Path, settings: Mapping[str, str], engine: str) -> Generator[Serving]:
    """Run the service with the processes that its engine has besides it; their logs are gone afterwards."""
    own = dict(settings)
    if engine != "taskiq":
        own.pop("SCHEDULER_URL", None)
    programs = [
        Program(
            [environment.python, "-m", "app", name], workspace / f"{name}.log", cwd=workspace, env=clean_environ(**own)
        )
        for name in BESIDE.get(engine, [])
    ]
    try:
        with serving(environment, workspace, own, workers=1) as service, running(programs):
            yield service
    finally:
        remove_logs(workspace)


def remove_logs(workspace: Path) -> None:
    for log in workspace.glob("*.log"):
        log.unlink()


def migrate(environment: Environment, workspace: Path, settings: Mapping[str, str]) -> None:
    run = environment.run("-m", "app", "migrate", cwd=workspace, **settings)
    assert run.returncode == 0, run.stdout


@pytest.mark.axis("combination", default=[PLAIN], every=ON_EACH)
def test_tasks_that_wait_survive_the_move_to_another_engine(  # noqa: PLR0913, PLR0917 - they are fixtures
    service: Service,
    environment: Environment,
    combination: Combination,
    settings: dict[str, str],
    orders: Orders,
    run_folder: Path,
    tmp_path: Path,
) -> None:
    before = str(combination.answers["scheduler"])
    after = next(engine for engine in ENGINES if engine != before)
    shop = adopt(service.path, tmp_path / "shop")
    orders.write_task(shop, "settle")
    commit(shop, "Settle orders")
    migrate(environment, shop, settings)
    with working(environment, shop, settings, before) as first:
        orders.defer(first, "settle")
        orders.wait("not yet")
    change_answers(shop, {"scheduler": after})
    orders.allow()
    with working(environment_of(shop, run_folder / "environments"), shop, settings, after):
        orders.wait("settle")
    assert sorted(orders.noted("settle")) == [*NUMBERS], "each is settled once"


@pytest.mark.axis("combination", default=[PLAIN.but(scheduler="taskiq")], every=[*ON_EACH, IN_DATABASE])
def test_workers_of_the_old_and_the_new_version_lose_nothing_together(
    workspace: Path, environment: Environment, combination: Combination, settings: dict[str, str], orders: Orders
) -> None:
    engine = str(combination.answers["scheduler"])
    old, new = workspace, Path(copytree(workspace, workspace.parent / "new"))
    orders.write_task(old, "settle")
    for task in ("settle", "refund"):
        orders.write_task(new, task)
    orders.allow()
    migrate(environment, old, settings)
    with working(environment, new, settings, engine) as second:
        with working(environment, old, settings, engine) as first:
            orders.defer(second, "refund")
            orders.defer(first, "settle")
            orders.wait("settle")
        orders.wait("refund")  # at the latest when no process leads that does not know it
    for task in ("refund", "settle"):
        assert sorted(orders.noted(task)) == [*NUMBERS], "each is done once"
