"""Parts of the suite that take about equally long, calculated from how long the tests took before.

`uv run python -m tests.shards report.xml` records the times from the report of `uv run pytest --every
--junitxml=report.xml`. pytest-split would distribute single tests; here the tests of a combination stay together,
because they share its environment and its servers.
"""

import json
import re
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.distribution import scope_of

RECORD = Path(__file__).with_name("durations.json")
UNKNOWN = 1.0  # seconds for a test that has no record yet


def parse_shard(text: str) -> tuple[int, int]:
    """Return K and N of "K/N"; raise `ValueError` for anything else."""
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        msg = f"'{text}' is not a part; write it like 3/16, the third of sixteen"
        raise ValueError(msg)
    return int(found[1]), int(found[2])


def select(ids: Iterable[str], shard: int, shards: int) -> set[str]:
    """Return the ids of a part; each id is in one part only."""
    return deal(ids, shards)[shard - 1]


def deal(ids: Iterable[str], shards: int) -> list[set[str]]:
    """Return the parts. Ids that must stay together go into one part: the longest first, into the shortest part."""
    durations = recorded()
    together: defaultdict[str, list[str]] = defaultdict(list)
    for each in ids:
        together[scope_of(each)].append(each)
    seconds = {
        scope: sum(durations.get(function_of(each), UNKNOWN) for each in those) for scope, those in together.items()
    }
    parts, loads = [set[str]() for _ in range(shards)], [0.0] * shards
    for scope in sorted(together, key=lambda scope: (-seconds[scope], scope)):
        least = loads.index(min(loads))
        parts[least].update(together[scope])
        loads[least] += seconds[scope]
    return parts


def recorded() -> dict[str, float]:
    """Return the seconds of each test, as an average over its parameters."""
    return json.loads(RECORD.read_text("utf-8"))


def function_of(nodeid: str) -> str:
    return nodeid.partition("[")[0]


def record(report: Path) -> None:
    found: defaultdict[str, list[float]] = defaultdict(list)
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest has written it
        module = case.attrib["classname"].replace(".", "/")
        found[f"{module}.py::{function_of(case.attrib['name'])}"].append(float(case.attrib["time"]))
    means = {test: round(statistics.mean(each), 2) for test, each in sorted(found.items())}
    RECORD.write_text(json.dumps(means, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    record(Path(sys.argv[1]))
