"""How long the whole run of the tests takes: `uv run python -m benchmarks.matrix report.xml`.

`uv run pytest --junitxml=report.xml` writes the report.
"""

import argparse
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from benchmarks import report
from tests.combinations import all_combinations

HEAD = ("database", "combinations", "tests", "seconds of each combination", "seconds")
SLOWEST = ("test", "times", "seconds of each", "seconds")
NOTE = """# The matrix

{machine}

`uv run pytest --junitxml=report.xml`, then `uv run python -m benchmarks.matrix report.xml`: {tests:,} tests of
{combinations} combinations in {minutes:.0f} minutes, by workers that had {busy:.0f} minutes to do together, which is
{each:.1f} s for each combination. Seconds of each are least / median / most.

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
        tests=len(seconds),
        combinations=len(by_combination),
        minutes=float(suite.attrib["time"]) / 60,
        busy=busy / 60,
        each=sum(map(sum, by_combination.values())) / len(by_combination),
        table=report.table(HEAD, _databases(by_combination)),
        slowest=report.table(SLOWEST, _slowest(seconds)),
    )
    report.write("matrix", text)


def _by_combination(seconds: Seconds) -> Times:
    """Sort the times of the tests by the combination in their names; the others are of none."""
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
