"""A new answer needs only the places that CONTRIBUTING.md lists: the list is complete."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.combinations import ROOT
from tests.template import commit_working_tree
from tests.toy import EDITS, add, places

pytestmark = [pytest.mark.thorough, pytest.mark.render]


def test_the_list_names_each_place_that_is_there() -> None:
    edited = [place for place in places() if "<name>" not in place]
    assert [place for place in edited if not (ROOT / place).exists()] == []
    assert EDITS.keys() == set(edited)


def test_an_answer_that_follows_the_list_passes_the_quick_tests(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    commit_working_tree(clone)
    add(clone, "toy")
    assert " passed" in (said := quick(clone, "--deselect", "tests/test_toy.py")), said
    assert "failed" not in said, said
    assert "error" not in said, said


def quick(clone: Path, *options: str) -> str:
    """Run the quick tests of a clone, and return the end of their output."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-m", "quick", "-p", "no:cacheprovider", *options],
        cwd=clone,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return run.stdout[-4000:]
