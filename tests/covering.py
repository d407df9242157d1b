"""The coverage of a service by its own tests, measured at hardly a cost; tracing more than doubles theirs."""

import importlib.util
import subprocess
from pathlib import Path

from tests.environments import Environment

# Slipcover and what it prints with: the only packages that a service did not declare and yet sees in its tests.
COVERAGE = 90  # per cent
TESTS = ("tests", "kit")  # the owner's, and the kit's own
PACKAGES = ("slipcover", "tabulate")


def run_tests(
    environment: Environment, workspace: Path, settings: dict[str, str], *, gate: float
) -> subprocess.CompletedProcess[str]:
    """Run the tests of a service, which fail if they reach a smaller part of its lines and branches than `gate` %."""
    coverage = (
        "--source=app,kit",
        "--omit=kit/testing/*,kit/tests/*",
        "--branch",
        f"--fail-under={gate}",
        "--dont-wrap-pytest",
        "--skip-covered",
    )
    coverage += ("--threshold=1000000",)  # to stop measuring what was measured costs more than to go on
    return environment.run(
        *(
            "-m",
            "slipcover",
            *coverage,
            "-m",
            "pytest",
            "--no-header",
            "tests",
            "kit",
            f"--basetemp={workspace / 'trial'}",
        ),
        cwd=workspace,
        PYTHONPATH=str(_linked(workspace.with_name("coverage"))),
        **settings,
    )


def _linked(folder: Path) -> Path:
    folder.mkdir()
    for package in PACKAGES:
        found = importlib.util.find_spec(package)
        assert found, package
        assert found.origin, package
        (folder / package).symlink_to(Path(found.origin).parent)
    return folder
