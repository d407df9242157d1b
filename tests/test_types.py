"""Every combination is typed: pyright is strict and finds nothing."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.checking import pyright
from tests.combinations import ROOT, Combination, fullest_per_database
from tests.environments import Environment, environment_of
from tests.sharing import made_once
from tests.template import TEMPLATE, Service
from tests.typechecking import pyright_together


@pytest.fixture(scope="session")
def complete(run_folder: Path) -> Environment:
    """Return the environment of the unrendered template, which declares what any service does."""
    return environment_of(TEMPLATE, run_folder / "environments", pyright=True)


def test_pyright_finds_nothing(
    combination: Combination,
    complete: Environment,
    rendered: Callable[[Combination], Service],
    run_folder: Path,
    request: pytest.FixtureRequest,
) -> None:
    """All these tests share what pyright says of those services that this run of pytest is about."""

    def check(report: Path) -> None:
        complaints = pyright_together([rendered(each) for each in _selected(request)], complete)
        report.write_text(json.dumps(complaints))

    report = made_once(run_folder / "pyright", check)
    found = json.loads(report.read_text("utf-8"))[combination.id]
    assert not found, "\n".join(found)


@pytest.mark.combinations(fullest_per_database())
def test_pyright_finds_nothing_with_the_declared_dependencies_alone(workspace: Path, run_folder: Path) -> None:
    found = pyright(workspace, environment_of(workspace, run_folder / "environments", pyright=True))
    assert not found, found


def test_pyright_finds_nothing_in_the_unrendered_template(complete: Environment) -> None:
    found = pyright(TEMPLATE, complete)
    assert not found, found


def test_pyright_finds_nothing_in_these_tests() -> None:
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def _selected(request: pytest.FixtureRequest) -> list[Combination]:
    items = [item for item in request.session.items if isinstance(item, pytest.Function)]
    mine = [item for item in items if item.originalname == request.node.originalname]
    chosen = [item.callspec.params["combination"] for item in mine]
    return [each for each in chosen if isinstance(each, Combination)]
