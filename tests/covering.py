"""The coverage of a service by its own tests, measured at almost no cost; tracing would more than double their time."""

import importlib.util
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.environments import Environment

# Slipcover and its dependency for output: the only undeclared packages that a service sees in its tests.
COVERAGE = 90  # per cent
TESTS = ("tests", "kit")  # the owner's, and the kit's own
PACKAGES = ("slipcover", "tabulate")


def run_tests(
    environment: Environment, workspace: Path, settings: dict[str, str], *, gate: float
) -> subprocess.CompletedProcess[str]:
    """Run all tests of a service; they fail if they cover less than `gate` per cent of its lines and branches."""
    coverage = (
        "--source=app,kit",
        "--omit=kit/testing/*,kit/tests/*",
        "--branch",
        f"--fail-under={gate}",
        "--dont-wrap-pytest",
        "--skip-covered",
    )
    coverage += ("--threshold=1000000",)  # it costs more to stop measuring a measured line than to go on
    linked = str(_linked(workspace.with_name("coverage")))
    return environment.run(
        "-m", "slipcover", *coverage, *_pytest(workspace, TESTS), cwd=workspace, PYTHONPATH=linked, **settings
    )


def run_some_tests(
    environment: Environment, workspace: Path, settings: dict[str, str], modules: Sequence[str]
) -> subprocess.CompletedProcess[str]:
    """Run these modules of the tests of a service, and measure nothing."""
    return environment.run(*_pytest(workspace, modules), cwd=workspace, **settings)


def _pytest(workspace: Path, tests: Sequence[str]) -> tuple[str, ...]:
    return ("-m", "pytest", "--no-header", *tests, f"--basetemp={workspace / 'trial'}")


def _linked(folder: Path) -> Path:
    folder.mkdir()
    for package in PACKAGES:
        found = importlib.util.find_spec(package)
        assert found, package
        assert found.origin, package
        (folder / package).symlink_to(Path(found.origin).parent)
    return folder
