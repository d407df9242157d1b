"""What the suite proves for how many combinations, from the tests that pytest collects."""

import ast
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable

from tests.combinations import ROOT, all_combinations

COMBINATION = re.compile(r"\w+:\w+(?:/\w+:\w+)+")
# These tests differ between runs and machines: random changes, and the Pythons of the machine.
ELSEWHERE = ("by_chance", "another_python")

Proofs = dict[str, set[str]]
"""The combinations that the tests of each file cover."""


def collected(*options: str) -> list[str]:
    """Return the ids of the tests that pytest collects for a run."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-n", "0", "-p", "no:cacheprovider", *options],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return [line for line in run.stdout.splitlines() if "::" in line]


def proofs(ids: Iterable[str]) -> Proofs:
    """Return the combinations that each test file covers."""
    found: Proofs = defaultdict(set)
    known = {combination.id for combination in all_combinations()}
    for each in ids:
        test, _, parameters = each.partition("[")
        if any(part in test for part in ELSEWHERE):
            continue
        module = test.partition("::")[0]
        found[module] |= known if _is_about_all(module) else known.intersection(COMBINATION.findall(parameters))
    return {module: combinations for module, combinations in found.items() if combinations}


def _is_about_all(module: str) -> bool:
    """Whether tests of a file take the text of all services."""
    return re.search(r"for_each_service|(distinct|together)\(trees", (ROOT / module).read_text("utf-8")) is not None


def subject(module: str) -> str:
    """Return what a test file proves: the first line of its docstring."""
    tree = ast.parse((ROOT / module).read_text("utf-8"))
    return (ast.get_docstring(tree) or "").partition("\n")[0].rstrip(".")
