"""Tasks, and a database that freezes or answers errors: none is lost, and none is done twice."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.combinations import Combination
from tests.environments import Environment
from tests.servers import Server
from tests.test_tasks_move import IN_DATABASE, NUMBERS, PLAIN, Orders, migrate, working

pytestmark = pytest.mark.thorough

DATABASES = ("postgres", "mysql", "mongodb")
ON_EACH = [
    *(PLAIN.but(database=database, scheduler=engine) for database in DATABASES for engine in ("apscheduler", "taskiq")),
    IN_DATABASE,
]
SHORT = {
    "DATABASE_TIMEOUT": "3",
    "DATABASE_CONNECT_TIMEOUT": "2",
    "DATABASE_POOL_TIMEOUT": "3",
    "SCHEDULER_SHUTDOWN_TIMEOUT": "2",
    "ENVIRONMENT": "development",
}
SECONDS_AWAY = 12  # longer than a lease, and than each timeout
SECONDS_TO_STOP = 30
FAULTS: dict[str, Callable[[Server], AbstractContextManager[None]]] = {
    "freezes": lambda server: server.frozen(),
    "refuses": lambda server: server.refusing(),
}


@pytest.fixture
def orders(tmp_path: Path, workspace: Path) -> Orders:
    orders = Orders(tmp_path)
    orders.write_task(workspace, "settle")
    return orders


@pytest.mark.axis("combination", default=ON_EACH[:1], every=ON_EACH)
@pytest.mark.parametrize("fault", FAULTS)
def test_each_task_is_done_once_after_the_database_was_away(  # noqa: PLR0913, PLR0917 - they are fixtures
    workspace: Path,
    environment: Environment,
    combination: Combination,
    settings: dict[str, str],
    behind: dict[str, Server],
    orders: Orders,
    fault: str,
) -> None:
    own = settings | SHORT
    migrate(environment, workspace, own)
    with working(environment, workspace, own, str(combination.answers["scheduler"])) as service:
        orders.defer(service, "settle")
        orders.wait("not yet")
        with FAULTS[fault](behind["DATABASE_URL"]):
            orders.allow()
            time.sleep(SECONDS_AWAY)
            assert service.get("/ready").status_code == 503
            assert service.get("/health").status_code == 200
        orders.wait("settle")
        service.wait_for(200)
    assert sorted(orders.noted("settle")) == [*NUMBERS]


@pytest.mark.axis("combination", default=ON_EACH[:1], every=ON_EACH)
def test_a_frozen_database_does_not_keep_the_processes_from_stopping(  # noqa: PLR0913, PLR0917 - they are fixtures
    workspace: Path,
    environment: Environment,
    combination: Combination,
    settings: dict[str, str],
    behind: dict[str, Server],
    orders: Orders,
) -> None:
    own = settings | SHORT
    migrate(environment, workspace, own)
    engine = str(combination.answers["scheduler"])
    with working(environment, workspace, own, engine) as service:
        orders.defer(service, "settle")
        orders.wait("not yet")
        with behind["DATABASE_URL"].frozen():
            time.sleep(1)
            started = time.monotonic()
            assert service.program.stop() == 0, service.program.output()
            assert time.monotonic() - started < SECONDS_TO_STOP
    orders.allow()
    with working(environment, workspace, own, engine):
        orders.wait("settle")
    assert sorted(orders.noted("settle")) == [*NUMBERS]
