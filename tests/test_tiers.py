"""The default run leaves out what `--thorough` has, and says so."""

import subprocess
import sys

import pytest

from tests.combinations import ROOT, fullest_per_database

pytestmark = pytest.mark.render

LONGER = "Longer tests of {}. To run them too"


def collect(*options: str) -> str:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n", "0", "-p", "no:cacheprovider", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def test_longer_tests_and_further_services_are_left_out_and_named() -> None:
    default = collect("tests/test_fuzz.py", "tests/test_ledger.py")
    thorough = collect("--thorough", "tests/test_fuzz.py", "tests/test_ledger.py")
    assert default.count("::test_a_fuzz") == 1
    assert thorough.count("::test_a_fuzz") == len(fullest_per_database())
    assert ("test_ledger.py::" in default, "test_ledger.py::" in thorough) == (False, True)
    assert LONGER.format("fuzz, ledger") in default
    assert "Longer tests" not in thorough


def test_further_cases_of_every_are_named() -> None:
    assert "It also has further cases of fuzz, redis_itself." in collect(
        "tests/test_fuzz.py", "tests/test_redis_itself.py"
    )
