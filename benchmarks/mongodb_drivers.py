"""PyMongo's asyncio client against Motor: `uv run python -m benchmarks.mongodb_drivers`."""

import argparse
from collections import defaultdict

from benchmarks import report, rounds
from benchmarks.services import subjects

DRIVERS = ("pymongo", "motor")
HEAD = ("what", "by", "a second", "PyMongo ÷ it")
NOTE = """# PyMongo and Motor

{machine}

`uv run python -m benchmarks.mongodb_drivers --rounds {rounds}`: on uvloop, in processes that take turns; ratios compare
the same round: least / median / most.

{table}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    versions: list[str] = []
    rates: defaultdict[str, rounds.Rates] = defaultdict(lambda: {driver: [] for driver in DRIVERS})
    with subjects(*({"database": "mongodb", "mongodb_driver": driver} for driver in DRIVERS)) as services:
        for driver, service in rounds.turns(dict(zip(DRIVERS, services, strict=True)), asked.rounds):
            measured = service.run("find_and_write", driver)
            versions += measured["versions"]
            for what, rate in measured["rates"].items():
                rates[what][driver].append(rate)
    body = [row for what, each in rates.items() for row in rounds.rows(what, each)]
    text = NOTE.format(machine=report.machine(versions), rounds=asked.rounds, table=report.table(HEAD, body))
    report.write("mongodb_drivers", text)


if __name__ == "__main__":
    main()
