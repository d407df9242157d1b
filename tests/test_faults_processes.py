"""What `serve` does when its port is taken, when workers die or cannot start, and when they fork or hang."""

import os
import signal
import time
from pathlib import Path

import httpx2
import pytest

from tests.combinations import Combination
from tests.environments import Environment, clean_environ
from tests.servers.ports import free_port
from tests.servers.program import Program
from tests.servers.waiting import wait_until
from tests.serving import Serving, serving

SMALL = Combination((("database", "none"), ("scheduler", "none"), ("store", "none"), ("example", False)))
pytestmark = pytest.mark.combinations([SMALL])

ROUTES = """
import asyncio, os, time
from concurrent.futures import ProcessPoolExecutor
from fastapi import APIRouter

router = APIRouter()
kept = []

@router.get("/pid")
async def pid() -> int:
    return os.getpid()

@router.get("/fork")
async def fork() -> int:
    kept.append(ProcessPoolExecutor(1))
    return await asyncio.get_running_loop().run_in_executor(kept[-1], os.getpid)

@router.get("/hang")
async def hang() -> None:
    kept.append(asyncio.create_task(asyncio.to_thread(time.sleep, 3600)))
"""
CANNOT_START = """
from contextlib import asynccontextmanager
from fastapi import APIRouter

@asynccontextmanager
async def lifespan(app):
    raise RuntimeError("no server there")
    yield

router = APIRouter(lifespan=lifespan)
"""

LONG_IMPORT = """
import time
print("importing", flush=True)
time.sleep(5)
"""


def write_routes(workspace: Path, text: str) -> None:
    (workspace / "app/api/faults").mkdir(parents=True)
    (workspace / "app/api/faults/routes.py").write_text(text, "utf-8")


def number(service: Serving, path: str) -> int:
    return service.get(f"/api/faults/{path}").json()


def serve(environment: Environment, workspace: Path, port: int, **settings: str) -> Program:
    command = [environment.python, "-m", "app", "serve", "--port", str(port)]
    program = Program(command, workspace / "second.log", cwd=workspace, env=clean_environ(**settings))
    program.start()
    return program


def ended(program: Program) -> int:
    assert program.process
    try:
        return program.process.wait(20)
    finally:
        program.stop()


def listens(service: Serving) -> bool:
    try:
        service.get("/health")
    except httpx2.ConnectError:
        return False
    return True


def test_a_second_serve_on_a_port_that_is_taken_does_not_start(environment: Environment, workspace: Path) -> None:
    with serving(environment, workspace, {}) as service:
        second = serve(environment, workspace, service.port)
        assert ended(second) == 1
        assert service.get("/ready").status_code == 200
    assert f"Error: cannot listen on 127.0.0.1, port {service.port}: Address already in use" in second.output()
    assert "Traceback" not in second.output()


def test_a_port_is_taken_as_soon_as_a_service_starts(environment: Environment, workspace: Path) -> None:
    write_routes(workspace, ROUTES.replace("router = APIRouter()", "time.sleep(3)\nrouter = APIRouter()"))
    port = free_port()
    first = serve(environment, workspace, port)
    try:
        wait_until(lambda: first.check() and "Spawning worker" in first.output(), seconds=20, what="it starts")
        with pytest.raises(httpx2.ConnectError):
            Serving(first, port).get("/health")
        assert ended(serve(environment, workspace, port)) == 1
        Serving(first, port).wait_for(200)
    finally:
        first.stop()


@pytest.mark.parametrize("name", ["local", "production"])
def test_a_worker_that_is_killed_is_replaced_in_every_environment(
    name: str, environment: Environment, workspace: Path
) -> None:
    write_routes(workspace, ROUTES)
    with serving(environment, workspace, {"ENVIRONMENT": name, "SECRET_KEY": "k" * 40}) as service:
        killed = number(service, "pid")
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: service.program.output().count("Started worker-") == 3, seconds=20, what="it is replaced")
        assert killed not in {number(service, "pid") for _ in range(20)}
        assert service.program.stop() == 0


def test_a_local_service_that_cannot_start_ends_and_does_not_try_again(
    environment: Environment, workspace: Path
) -> None:
    write_routes(workspace, CANNOT_START)
    program = serve(environment, workspace, free_port(), ENVIRONMENT="local")
    assert ended(program) == 1
    assert program.output().count("Spawning worker-") == 1


def test_what_a_killed_worker_has_forked_keeps_neither_its_port_nor_its_clients(
    environment: Environment, workspace: Path
) -> None:
    write_routes(workspace, ROUTES)
    with serving(environment, workspace, {}, workers=1) as service, httpx2.Client(trust_env=False) as client:
        assert client.get(f"{service.url}/health").status_code == 200
        worker, child = number(service, "pid"), number(service, "fork")
        assert service.program.process
        service.program.process.kill()
        service.program.process.wait()
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: not listens(service), seconds=5, what="nobody listens")
        os.kill(child, 0)  # it lives on
        again = serve(environment, workspace, service.port)
        try:
            Serving(again, service.port).wait_for(200, times=20)
        finally:
            again.stop()


def test_a_thread_that_hangs_does_not_delay_the_stop(environment: Environment, workspace: Path) -> None:
    write_routes(workspace, ROUTES)
    with serving(environment, workspace, {}, workers=1) as service:
        assert service.get("/api/faults/hang").status_code == 200
        stopped = time.monotonic()
        assert service.program.stop() == 0
        assert time.monotonic() - stopped < 10
    assert "refused to gracefully stop" not in service.program.output()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_during_the_start_is_heard(environment: Environment, workspace: Path, sent: signal.Signals) -> None:
    write_routes(workspace, LONG_IMPORT + ROUTES)
    program = serve(environment, workspace, free_port())
    wait_until(lambda: "importing" in program.output(), seconds=30, what="a worker imports the application")
    program.stop_signal = sent
    assert program.stop() == 0, program.output()
