"""The commands of a service as separate processes: in parallel, with reload, and at a stop."""

import contextlib
import json
from collections.abc import Generator, Mapping
from pathlib import Path

import pytest

from tests.combinations import all_combinations, fullest_per_database
from tests.environments import Environment, clean_environ
from tests.servers.ports import free_port
from tests.servers.program import Program
from tests.servers.waiting import wait_until
from tests.serving import Serving

WITH_DATABASE = [each for each in fullest_per_database() if each.answers["database"] != "none"]
ON_QUEUE = [each for each in all_combinations() if each.answers["scheduler"] == "taskiq"][:1]


@contextlib.contextmanager
def running(
    environment: Environment, workspace: Path, settings: Mapping[str, str], *command: str
) -> Generator[Program]:
    program = Program(
        [environment.python, "-m", "app", *command],
        workspace / f"{command[0]}.log",
        cwd=workspace,
        env=clean_environ(**settings, ENVIRONMENT="development", LOG_FORMAT="json"),
    )
    program.start()
    try:
        yield program
    finally:
        program.stop()


def wait_for_output(program: Program, text: str) -> None:
    wait_until(lambda: program.check() and text in program.output(), seconds=30, what=f"it says '{text}'")


@pytest.mark.sample(fullest_per_database()[-1:])
@pytest.mark.combinations(fullest_per_database())
def test_serve_says_nothing_but_its_lines_of_json(
    environment: Environment, workspace: Path, settings: dict[str, str]
) -> None:
    port = free_port()
    with running(environment, workspace, settings, "serve", "--port", str(port)) as program:
        Serving(program, port).wait_for(200, path="/health")
        assert program.stop() == 0
    lines = [json.loads(line) for line in program.output().splitlines()]
    assert {line["route"] for line in lines if line["logger"] == "access"} == {"/health"}


@pytest.mark.combinations(fullest_per_database()[-1:])
def test_serve_reloads_for_a_change_of_the_code_alone(
    environment: Environment, workspace: Path, settings: dict[str, str]
) -> None:
    port = free_port()
    with running(environment, workspace, settings, "serve", "--reload", "--port", str(port)) as program:
        Serving(program, port).wait_for(200, path="/health")
        (workspace / "app.db").write_text("what the service writes itself", "utf-8")
        (workspace / "app/orders.py").touch()
        wait_for_output(program, "Changes detected")
        assert program.process
        program.process.kill()  # during a reload, granian ignores the signal to stop
    assert "app.db" not in program.output()


@pytest.mark.sample(WITH_DATABASE[:1])
@pytest.mark.combinations(WITH_DATABASE)
def test_several_processes_may_migrate_at_once(
    environment: Environment, workspace: Path, settings: dict[str, str]
) -> None:
    with contextlib.ExitStack() as stack:
        programs = [stack.enter_context(running(environment, workspace, settings, "migrate")) for _ in range(3)]
        codes = [program.process.wait(60) for program in programs if program.process]
    assert codes == [0, 0, 0], programs[0].output()


@pytest.mark.combinations(ON_QUEUE)
@pytest.mark.parametrize("command", ["worker", "scheduler"])
def test_what_runs_jobs_runs_until_it_is_told_to_stop(
    command: str, environment: Environment, workspace: Path, settings: dict[str, str]
) -> None:
    if (workspace / "migrations").exists():  # tasks wait in a table
        migrated = environment.run("-m", "app", "migrate", cwd=workspace, **settings)
        assert migrated.returncode == 0, migrated.stdout
    with running(environment, workspace, settings, command) as program:
        wait_for_output(program, f"{command} started")
        assert program.stop() == 0
    assert [json.loads(line)["level"] for line in program.output().splitlines() if '"error"' in line] == []
