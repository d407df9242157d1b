"""How long the runs of the tests take: `uv run python -m benchmarks.matrix default.xml thorough.xml`.

`uv run pytest --junitxml=default.xml` and `uv run pytest --thorough --junitxml=thorough.xml` write the reports. This
module measures the rest on copies of the repository: the quick run, with the present questions and with three more.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

from benchmarks import report
from tests import toy
from tests.combinations import all_combinations
from tests.template import commit_working_tree

HEAD = ("run", "tests", "minutes", "minutes of all workers together")
SLOWEST = ("test of the default run", "times", "seconds of each", "seconds")
GROWTH = ("questions", "combinations", "rows of the array", "quick run, s")
FURTHER = 3
LIMIT = 10  # minutes of the default run
ROWS = 24
# Before the cost followed contents, `-m render` took this long for 216 combinations on the same machine, without types.
FORMERLY = 190  # seconds
NOTE = """# The matrix

{machine}

`uv run pytest --junitxml=default.xml && uv run pytest --thorough --junitxml=thorough.xml`, then `uv run python -m
benchmarks.matrix default.xml thorough.xml`.

{goals}

Each run is from a fresh clone whose packages uv has downloaded before. {combinations:,} combinations are rendered and
proved as text in each.

{runs}

The quick run, with the present questions, and with three more that have two answers each:

{growth}

With 216 combinations, each checked by itself, what text can prove took {formerly} s, and all tests 46 minutes. The goal
for eight times as many combinations is at most twice that.

The longest tests of the default run. Seconds are least / median / most:

{slowest}
"""
Seconds = list[tuple[str, float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("default", type=Path)
    parser.add_argument("thorough", type=Path)
    asked = parser.parse_args()
    default, thorough = map(_suite, (asked.default, asked.thorough))
    growth = [_grown(0), _grown(FURTHER)]
    goals = (
        report.Goal("minutes of the default run", LIMIT, _minutes(default), at_most=True),
        report.Goal(
            "seconds of the quick run with three more questions", 2 * FORMERLY, float(growth[-1][-1]), at_most=True
        ),
        report.Goal("rows of the array then", ROWS, float(growth[-1][2]), at_most=True),
    )
    text = NOTE.format(
        machine=report.machine([]),
        goals=report.goals(goals),
        combinations=len(all_combinations()),
        runs=report.table(HEAD, [_run("the default", default), _run("`--thorough`", thorough)]),
        growth=report.table(GROWTH, growth),
        formerly=FORMERLY,
        slowest=report.table(SLOWEST, _slowest(_seconds_of(default))),
    )
    report.write("matrix", text)


def _suite(path: Path) -> ET.Element:
    return next(ET.parse(path).iter("testsuite"))  # noqa: S314 - pytest has written it


def _seconds_of(suite: ET.Element) -> Seconds:
    return [(case.attrib["name"], float(case.attrib["time"])) for case in suite.iter("testcase")]


def _minutes(suite: ET.Element) -> float:
    return float(suite.attrib["time"]) / 60


def _run(name: str, suite: ET.Element) -> list[str]:
    seconds = _seconds_of(suite)
    busy = sum(each for _, each in seconds) / 60
    return [name, f"{len(seconds):,}", f"{_minutes(suite):.1f}", f"{busy:.0f}"]


def _grown(further: int) -> list[str]:
    """Add questions to a copy of the repository, and measure what is proved from text there."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        commit_working_tree(clone)
        for number in range(further):
            toy.add(clone, f"toy_{number}")
        counts = _output(clone, "-c", COUNT).split()
        began = time.monotonic()
        _output(clone, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "quick")
        return [*counts, f"{time.monotonic() - began:.0f}"]


COUNT = """
from tests.array import covering_array
from tests.combinations import all_combinations, deciding_questions
print(len(deciding_questions()), len(all_combinations()), len(covering_array()))
"""


def _output(clone: Path, *arguments: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=clone, env=environ, capture_output=True, text=True, check=True).stdout


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
