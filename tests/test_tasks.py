"""A task exists if and only if the data that asked for it does, although everything is killed again and again."""

import contextlib
import os
import random
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest

from tests.changes import SEED
from tests.combinations import Combination
from tests.environments import Environment, clean_environ
from tests.servers import Server
from tests.servers.program import Program, descendants, running
from tests.servers.waiting import wait_until
from tests.serving import NO_TLS, Serving, open_to_all, serving

PLAIN = Combination(
    (("database", "sqlite"), ("scheduler", "apscheduler"), ("store", "none"), ("auth", "none"), ("example", True))
)
DATABASES = ("sqlite", "postgres", "mysql", "mongodb")
ON_EACH = [PLAIN.but(database=each, scheduler=engine) for each in DATABASES for engine in ("apscheduler", "taskiq")]
IN_DATABASE = PLAIN.but(database="postgres", scheduler="pgqueuer")
ROUTE = """
from fastapi import APIRouter, Request
from app.api.v1.items.{model} import Item
from app.api.v1.items.repository import ItemRepository
from app.jobs.settle import settle
from kit.errors import BadRequestException
from kit.tasks import transaction

router = APIRouter()

@router.post("/{{number}}")
async def order(number: int, request: Request) -> int:
    async with transaction(request.app) as session:
        await ItemRepository(Item, session).create(sku=f"order-{{number}}", name="order")
        await settle.defer(session, number=number)
        if number % 10 == 9:
            raise BadRequestException("this one is rolled back")
    return number
"""
TASK = """
import asyncio, os
from pathlib import Path
from kit.tasks import TaskRun, task

def note(what, number):
    with Path("settled.txt").open("a") as file:
        file.write(f"{what} {number} {os.getpid()}\\n")

@task(retries=20)
async def settle(run: TaskRun, number: int) -> None:
    note("start", number)
    await asyncio.sleep(0.02)
    note("end", number)
"""
SECONDS_TO_SETTLE = 180
SECONDS_TO_END = 5  # for a service whose workers died one after the other


class Note(NamedTuple):
    what: str
    number: int
    pid: int


class Orders:
    """A service that takes orders and settles each with a task, and the clients that send them."""

    def __init__(self, workspace: Path, model: str) -> None:
        self._notes = workspace / "settled.txt"
        (workspace / "app/api/v1/orders").mkdir()
        (workspace / "app/api/v1/orders/routes.py").write_text(ROUTE.format(model=model), "utf-8")
        (workspace / "app/jobs/settle.py").write_text(TASK, "utf-8")
        open_to_all(workspace, "app/api/v1")
        self.accepted: set[int] = set()

    def notes(self) -> list[Note]:
        lines = self._notes.read_text("utf-8").splitlines() if self._notes.exists() else []
        return [Note(what, int(number), int(pid)) for what, number, pid in (line.split() for line in lines)]

    def settled(self) -> set[int]:
        return {note.number for note in self.notes() if note.what == "end"}

    def send_all(self, url: str, count: int) -> None:
        with ThreadPoolExecutor(8) as clients:
            for number in range(count):
                clients.submit(self.send, url, number)
                time.sleep(0.05)

    def send(self, url: str, number: int) -> None:
        """Send an order once; an error means that nobody knows whether it was taken."""
        with contextlib.suppress(httpx2.HTTPError):
            answer = httpx2.post(f"{url}/api/v1/orders/{number}", timeout=30, trust_env=False, verify=NO_TLS)
            if answer.is_success:
                self.accepted.add(number)

    def stored(self, service: Serving) -> set[int]:
        """Return the orders in the database."""
        found: set[int] = set()
        after: str | None = ""
        while after is not None:
            page = service.get(f"/api/v1/items?limit=1000{after and f'&after={after}'}").json()
            skus = [item["sku"] for item in page["items"]]
            found.update(int(sku.removeprefix("order-")) for sku in skus if sku.startswith("order-"))
            after = page["next"]
        return found


class Chaos:
    """Kills a process each second or so: one that runs a task, one that serves requests, or a server."""

    def __init__(self, orders: Orders, service: Serving, programs: list[Program], servers: list[Server]) -> None:
        self.killed: set[int] = set()
        self._random = random.Random(SEED)
        self._orders, self._service, self._programs, self._servers = orders, service, programs, servers

    def strike_during(self, sending: threading.Thread) -> None:
        """Kill until the other thread has ended; run this in the main thread, with which programs end."""
        strikes = [self._kill_runner, self._kill_worker, self._kill_program, self._kill_server]
        while sending.is_alive():
            time.sleep(self._random.uniform(0.5, 1.5))
            self._random.choice(strikes)()
            self._revive()
        time.sleep(SECONDS_TO_END)
        self._revive()

    def _kill(self, pid: int) -> None:
        self.killed.add(pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def _kill_runner(self) -> None:
        if notes := self._orders.notes():
            self._kill(notes[-1].pid)

    def _kill_worker(self) -> None:
        process = self._service.program.process
        assert process
        if workers := [*descendants(process.pid)]:
            self._kill(self._random.choice(workers))

    def _kill_program(self) -> None:
        if self._programs:
            process = self._random.choice(self._programs).process
            assert process
            self._kill(process.pid)

    def _kill_server(self) -> None:
        if self._servers:
            server = self._random.choice(self._servers)
            server.kill()
            server.start()

    def _revive(self) -> None:
        """Start again what has ended; the service ends too if its workers die one after the other."""
        time.sleep(0.1)
        for program in (self._service.program, *self._programs):
            if not program.runs:
                program.start()


@pytest.fixture
def orders(workspace: Path, combination: Combination) -> Orders:
    return Orders(workspace, "document" if combination.answers["database"] == "mongodb" else "model")


@contextlib.contextmanager
def beside(environment: Environment, workspace: Path, settings: Mapping[str, str]) -> Generator[list[Program]]:
    """Run two workers and two schedulers, if the service has these processes."""
    has = [name for name in ("worker", "scheduler") if (workspace / f"deploy/kubernetes/{name}.yaml").exists()]
    names = [f"{name}-{number}" for name in has for number in range(2)]
    env = clean_environ(**settings)
    command = [environment.python, "-m", "app"]
    programs = [
        Program([*command, name.partition("-")[0]], workspace / f"{name}.log", cwd=workspace, env=env) for name in names
    ]
    with running(programs):
        yield programs


@pytest.mark.axis("combination", default=[PLAIN], every=[*ON_EACH, IN_DATABASE])
@pytest.mark.axis("count", default=[100], every=[1000])
def test_as_many_tasks_are_done_as_there_are_rows_although_everything_is_killed(  # noqa: PLR0913, PLR0917 - they are fixtures
    environment: Environment,
    workspace: Path,
    settings: dict[str, str],
    behind: dict[str, Server],
    orders: Orders,
    count: int,
) -> None:
    settings |= durable(settings) | {"ENVIRONMENT": "development"}
    assert environment.run("-m", "app", "migrate", cwd=workspace, **settings).returncode == 0
    with (
        serving(environment, workspace, settings) as service,
        beside(environment, workspace, settings) as programs,
    ):
        chaos = Chaos(orders, service, programs, [*behind.values()])
        sending = threading.Thread(target=orders.send_all, args=[service.url, count])
        sending.start()
        chaos.strike_during(sending)
        service.wait_for(200, seconds=60)
        stored = orders.stored(service)
        wait_until(lambda: orders.settled() >= stored, seconds=SECONDS_TO_SETTLE, what="each order is settled")
        time.sleep(2)  # for what should not come
    assert orders.accepted <= stored
    assert len(stored) >= count / 4, "too much was killed for a proof"
    assert orders.settled() == stored
    assert not [number for number in stored if number % 10 == 9], "what was rolled back is nowhere"
    runs: dict[int, list[int]] = defaultdict(list)
    for note in orders.notes():
        if note.what == "start":
            runs[note.number].append(note.pid)
    repeated = {number: pids for number, pids in runs.items() if not chaos.killed.issuperset(pids[:-1])}
    assert repeated == {}, "only a task whose worker was killed is repeated"


def durable(settings: Mapping[str, str]) -> dict[str, str]:
    """Let the server write each commit to the system: the fast PostgreSQL of the tests may lose the last ones."""
    url = settings.get("DATABASE_URL", "")
    return {"DATABASE_URL": f"{url}?options=-csynchronous_commit%3Don"} if url.startswith("postgres") else {}
