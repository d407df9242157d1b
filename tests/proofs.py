"""What the suite proves for how many combinations, from the tests that pytest collects."""

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
# These tests differ between runs and machines: random changes, and the Pythons of the machine.
ELSEWHERE = ("by_chance", "another_python")
HEAD = """# What is proved

There are {count} combinations of answers. Every run of the tests proves for all of them what the text of a service can
prove. Services also run, with their own dependencies, against real servers. The default run, `uv run pytest`, runs a
covering array: few combinations in which every two answers that can be given together occur together. `uv run pytest
--every` runs all combinations; each push does this. No test is skipped because a server is missing. Where there is no
MySQL, the tests use MariaDB ([decision 6](decisions/0006-mariadb-in-tests.md)).

| what is proved | default run | `--every` |
| --- | --- | --- |
"""
FOOT = """
Tests of the template as a whole are not in the table.

## What the words mean

*Nothing that was not asked for*: a service has no file, setting, dependency or line about an answer that it did not
give. Every dependency is imported and every module is used. The settings classes, `.env.example` and the README's
table agree.

*Its own tests*: the tests of the service and of its kit, on its real database, with exactly its own dependencies and a
gate of 90 % coverage. The same tests of the example run on every database, and the OpenAPI document is the same on
each, byte for byte.

*An outage*: for each answer, a server stops and starts again at least once. In the other combinations, the connection
to it is cut.

## Harder tests

These run in services that have little else.

- **Jobs** run in real processes, with both engines. Of sixty slots among four workers, one of which is killed in the
  middle of a run, each starts once.
- **Tasks**: a thousand requests insert a row and defer a task, while workers, schedulers, the service and its servers
  are killed. As many tasks are done as there are rows, and only tasks whose worker died run twice.
- **The store**: a process that writes is killed two hundred times, and everything that it had acknowledged is there and
  whole. Two thousand random sequences of operations do the same on LMDB, on Redis and on a model. Each of three hundred
  expiries reaches its callback, although the worker that calls it is killed. What LMDB keeps can be moved to Redis.
- **Temporary files**, in a folder and in a bucket of moto's: a hundred processes that are killed in the middle of their
  saves leave only whole files. Four processes that save the same name at once get one name each.
  A full disk is reported.

## Updates

A closed walk enters and leaves each combination once, and on its way changes each answer to each other answer of its
question. A hundred more changes are drawn at random in each `--every` run, and thousands at night. After each change
the service is, byte for byte, a fresh copy.

An owner adds routes, a model with its migration, a job, dependencies, settings, a step of CI and texts, edits the
Dockerfile and deletes the example. Then the template changes in every file, and one answer changes, each to each
other one. There is no conflict, nothing is lost, nothing that was deleted comes back, and the tests of both pass.
Each released version updates to a fresh copy of the present one.

A test compares this page with what pytest collects; `rm docs/combinations.md && uv run pytest -k page_says_what` writes
it again.
"""

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


def page(default: Proofs, every: Proofs) -> str:
    rows = [f"| {_docstring(module)} | {_count(default.get(module))} | {_count(every[module])} |" for module in every]
    return "\n".join([HEAD.format(count=len(all_combinations())).rstrip("\n"), *rows, FOOT])


def _is_about_all(module: str) -> bool:
    """Whether tests of a file take the text of all services."""
    return re.search(r"for_each_service|(distinct|together)\(trees", (ROOT / module).read_text("utf-8")) is not None


def _docstring(module: str) -> str:
    tree = ast.parse((ROOT / module).read_text("utf-8"))
    return (ast.get_docstring(tree) or "").partition("\n")[0].rstrip(".")


def _count(combinations: set[str] | None) -> str:
    return "all" if combinations and len(combinations) == len(all_combinations()) else str(len(combinations or ()))
