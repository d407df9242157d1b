"""What the suite proves of how many combinations, as its own collection says."""

import ast
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable

from tests.combinations import ROOT, all_combinations

PAGE = ROOT / "docs/combinations.md"
COMBINATION = re.compile(r"\w+:\w+(?:/\w+:\w+)+")
# These differ between runs and machines: what chance draws, which Pythons there are.
ELSEWHERE = ("by_chance", "another_python")
HEAD = """# What is proved

There are {count} combinations of answers. What can be proved from the text of a service is proved of all of them in
every run. A service also runs, with its own dependencies, against real servers: in the default run, `uv run pytest`,
those of an array in which every two answers that can be given together occur together; in `uv run pytest --every`,
which runs for each push, all of them. No test is skipped for want of a server. MySQL's is MariaDB where there is no
MySQL ([decision 6](decisions/0006-mariadb-in-tests.md)).

| what is proved | default run | `--every` |
| --- | --- | --- |
"""
FOOT = """
Tests of the template as a whole are not in the table. Jobs, the store and temporary files are put to harder tests in
services that have little else. A test compares this page with what pytest collects;
`rm docs/combinations.md && uv run pytest -k page_says_what` writes it again.
"""

Proofs = dict[str, set[str]]
"""The combinations that the tests of a file are about."""


def collected(*options: str) -> list[str]:
    """Ask pytest for the ids of the tests of a run."""
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
    """Return which combinations each file of tests is about."""
    found: Proofs = defaultdict(set)
    known = {combination.id for combination in all_combinations()}
    for each in ids:
        test, _, parameters = each.partition("[")
        if any(part in test for part in ELSEWHERE):
            continue
        module = test.partition("::")[0]
        found[module] |= known if _is_about_all(module) else known.intersection(COMBINATION.findall(parameters))
    return {module: combinations for module, combinations in found.items() if combinations}


def page(default: Proofs, every: Proofs) -> str:
    rows = [f"| {_docstring(module)} | {_count(default.get(module))} | {_count(every[module])} |" for module in every]
    return "\n".join([HEAD.format(count=len(all_combinations())).rstrip("\n"), *rows, FOOT])


def _is_about_all(module: str) -> bool:
    """Whether tests of a file take all services, as text."""
    return re.search(r"for_each_service|(distinct|together)\(trees", (ROOT / module).read_text("utf-8")) is not None


def _docstring(module: str) -> str:
    tree = ast.parse((ROOT / module).read_text("utf-8"))
    return (ast.get_docstring(tree) or "").partition("\n")[0].rstrip(".")


def _count(combinations: set[str] | None) -> str:
    return "all" if combinations and len(combinations) == len(all_combinations()) else str(len(combinations or ()))
