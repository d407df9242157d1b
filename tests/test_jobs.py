"""Jobs run as often as they are due, although processes die and Redis goes away."""

import contextlib
import os
import signal
import time
from collections.abc import Generator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.combinations import Combination
from tests.environments import Environment, clean_environ
from tests.servers import Server
from tests.servers.program import Program, running
from tests.servers.waiting import wait_until
from tests.serving import Serving, serving

IN_SERVICE = Combination((("database", "none"), ("scheduler", "apscheduler"), ("store", "none"), ("example", False)))
ON_QUEUE = IN_SERVICE.but(scheduler="taskiq")
SLOTS = 60
TAKEOVER = 10
JOB = """
import asyncio, os, time
from datetime import timedelta
from pathlib import Path
from fastapi import FastAPI
from kit.scheduler import job

def note(what):
    with Path("{name}.txt").open("a") as file:
        file.write(f"{{what}} {{time.time()}} {{os.getpid()}}\\n")

@job(every=timedelta(seconds={every}))
async def {name}(app: FastAPI) -> None:
    note("start")
    await asyncio.sleep({takes})
    note("end")
"""


class Note(NamedTuple):
    what: str
    at: float
    pid: int


class Jobs:
    """The jobs of a service, which record when they start and end."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace

    def write(self, name: str, *, every: float, takes: float) -> None:
        text = JOB.format(name=name, every=every, takes=takes)
        (self.workspace / f"app/jobs/{name}.py").write_text(text, "utf-8")

    def notes(self, name: str, what: str = "") -> list[Note]:
        path = self.workspace / f"{name}.txt"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        notes = [Note(what, float(at), int(pid)) for what, at, pid in (line.split() for line in lines)]
        return [note for note in notes if what in note.what]

    def wait(self, name: str, what: str, count: int, *, seconds: float = 30) -> None:
        reached = f"{name} has {count} times '{what}'"
        wait_until(lambda: len(self.notes(name, what)) >= count, seconds=seconds, what=reached)

    def kill_in_the_middle(self, name: str) -> int:
        """Kill the process that is running the job, and return it."""
        before = len(self.notes(name, "start"))
        self.wait(name, "start", before + 1)
        pid = self.notes(name, "start")[-1].pid
        os.kill(pid, signal.SIGKILL)
        return pid


@pytest.fixture
def jobs(workspace: Path) -> Jobs:
    return Jobs(workspace)


@contextlib.contextmanager
def processes(
    environment: Environment, workspace: Path, settings: Mapping[str, str], **counts: int
) -> Generator[list[Program]]:
    """Run this many workers and schedulers."""
    names = [f"{name}-{number}" for name, count in counts.items() for number in range(count)]
    env = clean_environ(**settings, ENVIRONMENT="development")
    programs = [
        Program(
            [environment.python, "-m", "app", name.split("-")[0]], workspace / f"{name}.log", cwd=workspace, env=env
        )
        for name in names
    ]
    with running(programs):
        yield programs


def check_slots(jobs: Jobs, killed: list[int]) -> None:
    """Check that no slot started twice, and that none is missing except in a takeover or during another run."""
    starts, ends = jobs.notes("tick", "start")[1:], jobs.notes("tick", "end")  # the first run is due at once
    slots = [int(note.at) for note in starts]
    assert len(set(slots)) == len(slots), "a slot was started twice"
    deaths = [max(slot for slot, note in zip(slots, starts, strict=True) if note.pid == pid) for pid in killed]
    missing = set(range(slots[0], slots[-1])).difference(slots, [int(note.at) for note in ends])
    assert not [slot for slot in missing if not any(0 < slot - death <= TAKEOVER for death in deaths)]
    assert len(ends) >= len(starts) - len(killed) - 1


@pytest.mark.thorough
@pytest.mark.combinations([IN_SERVICE])
def test_each_slot_is_started_once_by_four_workers_whose_leader_dies(
    environment: Environment, workspace: Path, jobs: Jobs
) -> None:
    jobs.write("tick", every=1, takes=0.2)
    with serving(environment, workspace, {"ENVIRONMENT": "development"}, workers=4) as service:
        jobs.wait("tick", "start", 5)
        killed = [jobs.kill_in_the_middle("tick")]
        jobs.wait("tick", "start", 25)
        killed.append(jobs.kill_in_the_middle("tick"))
        jobs.wait("tick", "start", SLOTS, seconds=SLOTS + 2 * TAKEOVER)
        health = service.get("/health/jobs").json()["jobs"][0]
    check_slots(jobs, killed)
    assert health["runs"] >= SLOTS - len(killed) - 2
    assert len(set(killed) | {jobs.notes("tick")[-1].pid}) == 3


@pytest.mark.thorough
@pytest.mark.combinations([ON_QUEUE])
def test_each_slot_is_started_once_by_two_schedulers_and_four_workers_of_which_some_die(
    environment: Environment, workspace: Path, jobs: Jobs, settings: dict[str, str]
) -> None:
    jobs.write("tick", every=1, takes=0.2)
    with processes(environment, workspace, settings, worker=4, scheduler=2) as programs:
        jobs.wait("tick", "start", 5)
        killed = [jobs.kill_in_the_middle("tick")]
        jobs.wait("tick", "start", 20)
        scheduler = programs[-1].process
        assert scheduler
        scheduler.kill()
        killed.append(jobs.kill_in_the_middle("tick"))
        jobs.wait("tick", "start", SLOTS, seconds=SLOTS + 2 * TAKEOVER)
    check_slots(jobs, killed)


@pytest.mark.thorough
@pytest.mark.combinations([ON_QUEUE])
def test_a_long_run_is_repeated_when_its_worker_dies_and_else_not(
    environment: Environment, workspace: Path, jobs: Jobs, settings: dict[str, str]
) -> None:
    jobs.write("long", every=86_400, takes=12)
    with processes(environment, workspace, settings, worker=3, scheduler=1):
        died = time.time()
        killed = jobs.kill_in_the_middle("long")
        died = time.time()
        jobs.wait("long", "start", 2, seconds=TAKEOVER)
        jobs.wait("long", "end", 1, seconds=30)
    first, second = jobs.notes("long", "start")
    assert (first.pid, second.at - died < TAKEOVER) == (killed, True)
    assert second.pid != killed


@pytest.mark.combinations([ON_QUEUE])
def test_redis_goes_away_and_comes_back(
    environment: Environment, workspace: Path, jobs: Jobs, settings: dict[str, str], behind: dict[str, Server]
) -> None:
    jobs.write("tick", every=1, takes=0.2)
    away = 20
    with (
        serving(environment, workspace, settings) as service,
        processes(environment, workspace, settings, worker=2, scheduler=2) as programs,
    ):
        jobs.wait("tick", "end", 3)
        behind["SCHEDULER_URL"].stop()
        _stays_up_but_not_ready(service, away)
        behind["SCHEDULER_URL"].start()
        back = time.time()
        service.wait_for(200)
        jobs.wait("tick", "end", len(jobs.notes("tick", "end")) + 8)
        assert all(program.runs for program in programs)
    slots = [int(note.at) for note in jobs.notes("tick", "start")[1:]]  # the first run is due at once
    afterwards = [slot for slot in slots if slot > back + TAKEOVER / 2]
    assert len(set(slots)) == len(slots)
    assert all(later - earlier == 1 for earlier, later in pairwise(afterwards)), afterwards
    assert min(slot for slot in slots if slot >= int(back)) - back < TAKEOVER


@pytest.mark.combinations([IN_SERVICE, ON_QUEUE])
def test_a_job_that_cannot_be_stops_the_start_and_its_file_is_named(
    environment: Environment, workspace: Path, jobs: Jobs, settings: dict[str, str]
) -> None:
    jobs.write("good", every=1, takes=0)
    (workspace / "app/jobs/bad.py").write_text(
        (workspace / "app/jobs/good.py").read_text().replace("every=", "cron='', every=")
    )
    doctor = environment.run("-m", "app", "doctor", cwd=workspace, **settings)
    assert doctor.returncode == 1
    assert "app/jobs/bad.py: every and cron exclude each other" in doctor.stdout


def _stays_up_but_not_ready(service: Serving, seconds: float) -> None:
    service.wait_for(503)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert (service.get("/health").status_code, service.get("/ready").status_code) == (200, 503)
        time.sleep(1)
