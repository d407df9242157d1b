"""What the suite runs for each combination, as its own collection says."""

import ast
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby

from tests.combinations import ROOT, Combination, all_combinations

PAGE = ROOT / "docs/combinations.md"
COMBINATION = re.compile(r"\w+:\w+(?:/\w+:\w+)+")
# These differ between runs and machines: what chance draws, which Pythons there are, which versions a clone has.
ELSEWHERE = ("by_chance", "another_python", "/test_releases.py")
HEAD = """# What is proved for each combination

So many tests are about a service with these answers when the whole suite runs, and a run is green only if all of them
pass: none is skipped. The services run on real servers; MySQL's is MariaDB where there is no MySQL
([decision 6](decisions/0006-mariadb-in-tests.md)). A column is a file in `tests/`:

"""
FOOT = """
Not counted, because runs differ in them: a hundred changes between combinations that chance draws, updates from each
released version, and the further Pythons that a machine has. Tests of the template as a whole have no column. Jobs, the
store and temporary files are put to harder tests in services that have little else, which have no row. A test compares
this page with what pytest collects; `rm docs/combinations.md && uv run pytest -k page_says_what` writes it again.
"""

Proofs = dict[str, dict[str, set[str]]]
"""The tests of each combination, by column."""


def collected() -> list[str]:
    """Ask pytest for the ids of all tests."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-n", "0", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return [line for line in run.stdout.splitlines() if "::" in line]


def proofs(ids: Iterable[str]) -> Proofs:
    found: Proofs = defaultdict(lambda: defaultdict(set))
    known = {combination.id for combination in all_combinations()}
    for each in ids:
        test, _, parameters = each.partition("[")
        if not any(part in test for part in ELSEWHERE):
            module, _, name = test.partition("::")
            for combination in known.intersection(COMBINATION.findall(parameters)):
                found[combination][module.removeprefix("tests/test_").removesuffix(".py")].add(name)
    return found


def page(found: Proofs) -> str:
    columns = sorted({column for each in found.values() for column in each})
    legend = "\n".join(f"- **{column}**: {_docstring(column)}" for column in columns)
    tables = (_table(title, list(each), found, columns) for title, each in groupby(all_combinations(), _title))
    return "\n".join([f"{HEAD}{legend}\n", *tables, FOOT.lstrip("\n")])


def _docstring(column: str) -> str:
    tree = ast.parse((ROOT / f"tests/test_{column}.py").read_text("utf-8"))
    return (ast.get_docstring(tree) or "").partition("\n")[0]


def _title(combination: Combination) -> str:
    answers = combination.answers
    return (
        f"{answers['database']} by {answers['mongodb_driver']}"
        if "mongodb_driver" in answers
        else str(answers["database"])
    )


def _table(title: str, combinations: list[Combination], found: Proofs, columns: list[str]) -> str:
    names = [name for name in combinations[0].answers if name not in ("database", "mongodb_driver")]
    rows = [[_word(each.answers[name]) for name in names] + _counts(found[each.id], columns) for each in combinations]
    lines = [[*names, *columns, "all"], ["---"] * (len(names) + len(columns) + 1), *rows]
    return f"## {title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _counts(tests: dict[str, set[str]], columns: list[str]) -> list[str]:
    counts = [len(tests.get(column, ())) for column in columns]
    return [str(count or "") for count in [*counts, sum(counts)]]


def _word(answer: object) -> str:
    return {"True": "yes", "False": "no"}.get(str(answer), str(answer))
