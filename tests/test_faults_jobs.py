"""Jobs and the faults of what they need: servers that answer errors, leaders that freeze or fork, clocks, hung work."""

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis

from tests.environments import Environment
from tests.servers import Server
from tests.servers.clock import ChangedClock
from tests.servers.waiting import wait_until
from tests.serving import Serving, serving
from tests.test_jobs import IN_SERVICE, ON_QUEUE, Jobs, processes

SHORT = {"SCHEDULER_SHUTDOWN_TIMEOUT": "1", "SCHEDULER_CANCEL_TIMEOUT": "1", "SCHEDULER_JOB_TIMEOUT": "1"}
STUCK_WITHIN = 30
HANGING = """
import asyncio, time
from datetime import timedelta
from kit.scheduler import job

@job(every=timedelta(days=1), id="ignores")
async def ignores(app) -> None:
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

@job(every=timedelta(days=1), id="blocks")
async def blocks(app) -> None:
    await asyncio.to_thread(time.sleep, 3600)
"""
FORKING = """
import asyncio, os
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from kit.scheduler import job

pool = []

@job(every=timedelta(days=1), id="forks")
async def forks(app) -> None:
    pool.append(ProcessPoolExecutor(1))
    await asyncio.get_running_loop().run_in_executor(pool[-1], os.getpid)
"""


@pytest.fixture
def jobs(workspace: Path) -> Jobs:
    return Jobs(workspace)


def write(jobs: Jobs, name: str, text: str) -> None:
    (jobs.workspace / f"app/jobs/{name}.py").write_text(text, "utf-8")


@contextlib.contextmanager
def changed(url: str, *commands: str) -> Generator[None]:
    """Give a Redis server a command, and another one at the end."""
    typed: Any = redis.Redis  # as it is, its types are not complete
    client = typed.from_url(url)
    client.execute_command(*commands[0].split())
    try:
        yield
    finally:
        client.execute_command(*commands[1].split())
        client.close()


FAULTS = {
    "out of memory": ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"),
    "no permission": ("ACL SETUSER default -@stream", "ACL SETUSER default +@all"),
}


@pytest.mark.thorough
@pytest.mark.combinations([ON_QUEUE])
def test_jobs_go_on_after_redis_has_answered_errors(
    environment: Environment, workspace: Path, jobs: Jobs, settings: dict[str, str], behind: dict[str, Server]
) -> None:
    jobs.write("tick", every=1, takes=0.2)
    url = settings["SCHEDULER_URL"]
    with (
        serving(environment, workspace, settings) as service,
        processes(environment, workspace, settings, worker=1, scheduler=1) as programs,
    ):
        jobs.wait("tick", "end", 2)
        for fault in (behind["SCHEDULER_URL"].refusing(), *(changed(url, *each) for each in FAULTS.values())):
            with fault:
                service.wait_for(503, times=5)
                time.sleep(2)
                assert service.get("/health").status_code == 200
            service.wait_for(200, times=5)
            jobs.wait("tick", "end", len(jobs.notes("tick", "end")) + 3)
        assert all(program.runs for program in programs)


@pytest.mark.thorough
@pytest.mark.combinations([ON_QUEUE])
def test_a_run_waits_until_a_worker_of_the_new_release_comes(
    environment: Environment, workspace: Path, jobs: Jobs, settings: dict[str, str]
) -> None:
    former = Path(shutil.copytree(workspace, workspace.with_name("former")))
    jobs.write("new", every=86_400, takes=0)
    with serving(environment, workspace, settings) as service:

        def waiting() -> list[str]:
            return service.get("/health/jobs").json()["processes"]["jobs_without_worker"]

        with processes(environment, former, settings, worker=2) as old:
            with processes(environment, workspace, settings, scheduler=1):
                wait_until(lambda: waiting() == ["app.jobs.new"], seconds=20, what="the run is reported")
                time.sleep(6)  # longer than the lease of an entry
            with processes(environment, workspace, settings, worker=1):
                jobs.wait("new", "end", 1)
            output = "".join(program.output() for program in old)
        assert waiting() == []
    assert output.count("does not know") == 1
    assert len(jobs.notes("new", "start")) == 1


@pytest.mark.combinations([IN_SERVICE])
def test_others_are_not_ready_while_the_leader_is_frozen(environment: Environment, workspace: Path, jobs: Jobs) -> None:
    jobs.write("tick", every=1, takes=0)
    with serving(environment, workspace, {}) as service:
        jobs.wait("tick", "end", 2)
        leader = jobs.notes("tick")[-1].pid
        os.kill(leader, signal.SIGSTOP)
        try:
            wait_until(lambda: "stuck" in ready(service), seconds=STUCK_WITHIN, what="/ready says so")
        finally:
            os.kill(leader, signal.SIGCONT)
        service.wait_for(200, times=10)
        jobs.wait("tick", "end", len(jobs.notes("tick", "end")) + 2)


def ready(service: Serving) -> str:
    """Return the error of the jobs from a worker that answers."""
    answer = httpx2.get(f"{service.url}/ready", timeout=1, trust_env=False)
    return str(answer.json()["checks"]["jobs"]["error"])


@pytest.mark.combinations([IN_SERVICE])
def test_another_leads_after_a_leader_that_had_forked_was_killed(
    environment: Environment, workspace: Path, jobs: Jobs
) -> None:
    jobs.write("tick", every=1, takes=0)
    write(jobs, "forks", FORKING)
    with serving(environment, workspace, {}) as service:
        jobs.wait("tick", "end", 2)
        wait_until(lambda: result(service, "forks") == "succeeded", seconds=10, what="it has forked")
        killed = jobs.kill_in_the_middle("tick")
        wait_until(lambda: jobs.notes("tick")[-1].pid != killed, seconds=10, what="another leads")
        assert {service.get("/health").status_code for _ in range(20)} == {200}


def result(service: Serving, job_id: str) -> str | None:
    jobs: list[dict[str, Any]] = service.get("/health/jobs").json()["jobs"]
    return next(job["last_result"] for job in jobs if job["id"] == job_id)


@pytest.mark.combinations([IN_SERVICE, ON_QUEUE])
def test_jobs_that_hang_stop_neither_others_nor_the_stop(
    environment: Environment, workspace: Path, jobs: Jobs, settings: dict[str, str]
) -> None:
    check_that_hanging_jobs_stop_nothing(environment, workspace, jobs, settings, **beside(settings))


def check_that_hanging_jobs_stop_nothing(
    environment: Environment, workspace: Path, jobs: Jobs, settings: Mapping[str, str], **counts: int
) -> None:
    """Run the service and these processes beside it; without these, the service has to run the jobs and to stop."""
    write(jobs, "hanging", HANGING)
    jobs.write("tick", every=1, takes=0)
    limits = {**settings, **SHORT}
    if settings:
        limits["SCHEDULER_CONCURRENCY"] = "2"
    with (
        serving(environment, workspace, limits, workers=1) as service,
        processes(environment, workspace, limits, **counts) as programs,
    ):
        for name in ("ignores", "blocks"):
            wait_until(lambda name=name: result(service, name) == "timed out", seconds=20, what=f"{name} ends")
        jobs.wait("tick", "end", len(jobs.notes("tick", "end")) + 2)
        for program in programs or [service.program]:
            stopped = time.monotonic()
            assert program.stop(seconds=20) == 0
            assert time.monotonic() - stopped < 10
    assert "refused to gracefully stop" not in service.program.output()


@pytest.mark.combinations([IN_SERVICE, ON_QUEUE])
def test_jobs_go_on_after_the_clock_was_put_back(
    environment: Environment, workspace: Path, jobs: Jobs, settings: dict[str, str]
) -> None:
    check_that_jobs_follow_the_clock(environment, workspace, jobs, settings, **beside(settings))


def check_that_jobs_follow_the_clock(
    environment: Environment, workspace: Path, jobs: Jobs, settings: Mapping[str, str], **counts: int
) -> None:
    """Run the service and these processes beside it, and put the clock back for all of them."""
    jobs.write("tick", every=1, takes=0)
    clock = ChangedClock(workspace)
    changeable = {**settings, **clock.environ}
    with (
        serving(environment, workspace, changeable, workers=1) as service,
        processes(environment, workspace, changeable, **counts),
    ):
        for shift in ("-5s", "-20s", "-59m"):
            jobs.wait("tick", "end", len(jobs.notes("tick", "end")) + 2)
            clock.shift(shift)
        jobs.wait("tick", "end", len(jobs.notes("tick", "end")) + 3, seconds=10)
        service.wait_for(200)
    assert jobs.notes("tick")[-1].at < time.time() - 3000


def beside(settings: Mapping[str, str]) -> dict[str, int]:
    """Return the processes that a queue has beside the service."""
    return {"worker": 1, "scheduler": 1} if settings else {}
