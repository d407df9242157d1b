"""Services work with the lowest versions that they declare, and on each Python that the machine has."""

import sys
from pathlib import Path

import pytest

from tests.combinations import each_answer_once, fullest_per_database
from tests.covering import TESTS
from tests.environments import environment_of, pythons
from tests.template import Service

# All other tests use the Python of this run.
FURTHER = [version for version, path in pythons().items() if path and version != f"3.{sys.version_info.minor}"]
FEW = each_answer_once()
NEWEST = FURTHER[-1:]


@pytest.mark.thorough
@pytest.mark.axis("combination", default=FEW[:1], every=FEW)
def test_its_own_tests_pass_with_the_lowest_versions_that_it_declares(
    service: Service, workspace: Path, settings: dict[str, str], run_folder: Path
) -> None:
    check(service, workspace, settings, run_folder, sys.executable, "--resolution", "lowest-direct")


@pytest.mark.every
@pytest.mark.combinations(fullest_per_database())
def test_its_own_tests_pass_with_versions_that_are_thirty_days_old(
    service: Service, workspace: Path, settings: dict[str, str], run_folder: Path
) -> None:
    check(service, workspace, settings, run_folder, sys.executable, "--exclude-newer=30 days")


@pytest.mark.thorough
@pytest.mark.axis("combination", default=FEW[:1], every=FEW)
@pytest.mark.axis("python", default=NEWEST, every=FURTHER)
def test_its_own_tests_pass_on_another_python(
    python: str, service: Service, workspace: Path, settings: dict[str, str], run_folder: Path
) -> None:
    path = pythons()[python]
    assert path
    check(service, workspace, settings, run_folder, path)


def check(service: Service, workspace: Path, settings: dict[str, str], run_folder: Path, *choice: str) -> None:
    environment = environment_of(service.path, run_folder / "environments", *choice)
    tests = environment.run(
        "-m", "pytest", "--no-header", *TESTS, f"--basetemp={workspace / 'trial'}", cwd=workspace, **settings
    )
    assert tests.returncode == 0, tests.stdout
