"""The README of a service is true: its blocks run as they are pasted, in each combination that has them."""

import shlex
from pathlib import Path

import pytest

from tests.checking import ruff
from tests.combinations import fullest_per_database
from tests.environments import Environment
from tests.pages import Run, Step, Write, steps
from tests.servers import Server
from tests.template import Service
from tests.tracing import Traced, for_each_service

# Programs of the README's commands that other tests run: the service, its own tests and its hooks.
ELSEWHERE = ("docker", "fastapi", "pytest", "prek", "serve", "scheduler", "worker")
UPSTREAM = {"UPSTREAMS__PRICES__URL": "http://127.0.0.1:1/v1"}


@pytest.mark.render
@pytest.mark.quick
@for_each_service
def test_every_block_of_code_of_the_readme_has_a_place_or_is_run(service: Traced) -> None:
    found = steps(service.read("README.md"))
    assert [step for step in found if not isinstance(step, Run | Write)] == []
    assert commands(found, of_others=True)


@pytest.mark.axis(
    "combination", default=fullest_per_database()[-1:], thorough=fullest_per_database(), every=fullest_per_database()
)
def test_the_readme_can_be_pasted(
    service: Service, workspace: Path, environment: Environment, settings: dict[str, str], behind: dict[str, Server]
) -> None:
    del behind
    found = steps(service.read("README.md"))
    for step in found:
        if isinstance(step, Write):
            (workspace / step.path).parent.mkdir(parents=True, exist_ok=True)
            (workspace / step.path).write_text(step.text, "utf-8")
    assert ruff(workspace) == ""
    for line in [*commands(found, of_others=False), "python -m app doctor"]:
        program, *rest = shlex.split(line.removeprefix("uv run "), comments=True)
        arguments = rest if program == "python" else ["-m", program, *rest]
        run = environment.run(*arguments, cwd=workspace, **settings, **UPSTREAM)
        assert run.returncode == 0, f"{line}\n{run.stdout}"


def commands(found: list[Step], *, of_others: bool) -> list[str]:
    """Return the commands of the README that this test runs, or those that others do."""
    lines = [line for step in found if isinstance(step, Run) for line in step.commands]
    return [line for line in lines if of_others == bool({*ELSEWHERE} & {*shlex.split(line, comments=True)})]
