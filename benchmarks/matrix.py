"""How long the runs of the tests take: `uv run python -m benchmarks.matrix report.xml`.

`uv run pytest --every --junitxml=report.xml` writes the report. This module measures the
rest on copies of the repository: the quick run, and all that text can prove, with the present questions and three more.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from benchmarks import report
from tests import toy
from tests.combinations import all_combinations
from tests.template import commit_working_tree

HEAD = ("database", "combinations", "tests", "seconds of each combination", "seconds")
SLOWEST = ("test", "times", "seconds of each", "seconds")
GROWTH = ("questions", "combinations", "rows of the array", "quick run, s", "all that text can show, s")
FURTHER = 3
# Before the cost followed contents, `-m render` took this long on the same machine, without types.
FORMERLY = 190
NOTE = """# The matrix

{machine}

`uv run pytest --every --junitxml=report.xml`, then `uv run python -m benchmarks.matrix report.xml`.

What the text of all combinations can prove, with the present questions, and with three more that have two answers each:

{growth}

Formerly each combination was checked by itself, which took {formerly} s without the types. The goal for three more
questions is at most twice that, and at most 24 rows.

The run of every combination: {tests:,} tests of {combinations} combinations in {minutes:.0f} minutes, with {busy:.0f}
minutes of work for all workers together, or {each:.1f} s for each combination. Seconds are least / median / most.

{table}

The longest:

{slowest}
"""
Seconds = list[tuple[str, float]]
Times = Mapping[str, list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    asked = parser.parse_args()
    suite = next(ET.parse(asked.report).iter("testsuite"))  # noqa: S314 - pytest has written it
    seconds = [(case.attrib["name"], float(case.attrib["time"])) for case in suite.iter("testcase")]
    by_combination = _by_combination(seconds)
    busy = sum(each for _, each in seconds)
    text = NOTE.format(
        machine=report.machine([]),
        growth=report.table(GROWTH, [_grown(0), _grown(FURTHER)]),
        formerly=FORMERLY,
        tests=len(seconds),
        combinations=len(by_combination),
        minutes=float(suite.attrib["time"]) / 60,
        busy=busy / 60,
        each=sum(map(sum, by_combination.values())) / len(by_combination),
        table=report.table(HEAD, _databases(by_combination)),
        slowest=report.table(SLOWEST, _slowest(seconds)),
    )
    report.write("matrix", text)


def _grown(further: int) -> list[str]:
    """Add questions to a copy of the repository, and measure what is proved from text there."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        commit_working_tree(clone)
        for number in range(further):
            toy.add(clone, f"toy_{number}")
        counts = _output(clone, "-c", COUNT).split()
        quick, render = (_seconds(clone, "-m", tier, "--deselect", "tests/test_toy.py") for tier in ("quick", "render"))
        return [*counts, f"{quick:.0f}", f"{render:.0f}"]


COUNT = """
from tests.array import covering_array
from tests.combinations import all_combinations, deciding_questions
print(len(deciding_questions()), len(all_combinations()), len(covering_array()))
"""


def _seconds(clone: Path, *options: str) -> float:
    began = time.monotonic()
    _output(clone, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options)
    return time.monotonic() - began


def _output(clone: Path, *arguments: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=clone, env=environ, capture_output=True, text=True, check=False).stdout


def _by_combination(seconds: Seconds) -> Times:
    """Return the times of the tests by the combination in their names; leave out the other tests."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    ids = {combination.id for combination in all_combinations()}
    for name, each in seconds:
        if (part := _parameter(name)) in ids:
            found[part].append(each)
    return found


def _parameter(name: str) -> str:
    return next(iter(re.findall(r"\[(database:[\w/:]+)", name)), "")


def _databases(by_combination: Times) -> Iterable[list[str]]:
    databases: defaultdict[str, list[list[float]]] = defaultdict(list)
    for combination in all_combinations():
        if combination.id in by_combination:
            driver = combination.answers.get("mongodb_driver")
            name = f"{combination.answers['database']}{f' by {driver}' if driver else ''}"
            databases[name].append(by_combination[combination.id])
    for name, each in databases.items():
        sums = [sum(times) for times in each]
        yield [name, str(len(each)), f"{sum(map(len, each)):,}", _spread(sums), f"{sum(sums):.0f}"]


def _slowest(seconds: Seconds) -> Iterable[list[str]]:
    tests: defaultdict[str, list[float]] = defaultdict(list)
    for name, each in seconds:
        tests[name.partition("[")[0]].append(each)
    longest = sorted(tests.items(), key=lambda test: -sum(test[1]))[:10]
    return [[name.replace("_", " "), str(len(each)), _spread(each), f"{sum(each):.0f}"] for name, each in longest]


def _spread(values: list[float]) -> str:
    return " / ".join(f"{each:.1f}" for each in (min(values), statistics.median(values), max(values)))


if __name__ == "__main__":
    main()
