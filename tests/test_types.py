"""Every combination passes pyright's strict type check."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.checking import pyright
from tests.combinations import ROOT, fullest_per_database
from tests.environments import Environment, environment_of
from tests.rendering import Tree
from tests.template import TEMPLATE
from tests.typechecking import pyright_together


@pytest.fixture(scope="session")
def complete(run_folder: Path) -> Environment:
    """Return the environment of the unrendered template, with the dependencies of all services."""
    return environment_of(TEMPLATE, run_folder / "environments", pyright=True)


def test_pyright_finds_nothing_in_any_combination(trees: list[Tree], complete: Environment, tmp_path: Path) -> None:
    found = pyright_together(trees, complete, tmp_path)
    assert not found, "\n".join(found)


@pytest.mark.thorough
@pytest.mark.axis("combination", default=fullest_per_database()[-1:], every=fullest_per_database())
def test_pyright_finds_nothing_with_the_declared_dependencies_alone(workspace: Path, run_folder: Path) -> None:
    found = pyright(workspace, environment_of(workspace, run_folder / "environments", pyright=True))
    assert not found, found


@pytest.mark.thorough
def test_pyright_finds_nothing_in_the_unrendered_template(complete: Environment) -> None:
    found = pyright(TEMPLATE, complete)
    assert not found, found


@pytest.mark.thorough
def test_pyright_finds_nothing_in_these_tests() -> None:
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
