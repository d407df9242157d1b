"""A test that a service has passed on this machine is skipped until something of the service changes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.combinations import ROOT, all_combinations

pytestmark = pytest.mark.thorough

NAME = "test_it_survives_outages_of_its_servers_and_stops_under_load_without_losing_a_request_that_it_began"
TEST = f"tests/test_boot.py::{NAME}[{all_combinations()[0]}]"


def test_a_service_that_was_proved_is_not_run_again_unless_asked_for(tmp_path: Path) -> None:
    assert outcome(tmp_path) == "1 passed"
    assert outcome(tmp_path, f"--basetemp={tmp_path / 'elsewhere'}") == "1 skipped"
    assert outcome(tmp_path, "--again") == "1 passed"
    assert outcome(tmp_path, CI="true") == "1 passed"


def outcome(cache: Path, *options: str, **variables: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_") and name != "CI"}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "--thorough", "-o", f"cache_dir={cache}", *options, TEST],
        cwd=ROOT,
        env=environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert ("1 tests, which have proved the same service" in run.stdout) == ("1 skipped" in run.stdout)
    (summary,) = re.findall(r"= (1 \w+) in", run.stdout)
    return summary
