"""`kit.store.cached` against the function itself, aiocache and cashews: `uv run python -m benchmarks.cached`."""

import argparse

from benchmarks import report, rounds
from benchmarks.services import subjects
from tests.combinations import Answer

ANSWERS: dict[str, Answer] = {"database": "none", "store": "redis", "example": False}
HEAD = ("calls", "by", "a second", "cached ÷ it")
RUNS = ("by", "runs of the function")
NOTE = """# Results that are kept

{machine}

`uv run python -m benchmarks.cached --seconds {seconds:g} --rounds {rounds}`: a page of 100 items in Redis, made by a
function that waits for 5 ms, as for a database. The contenders have the same server, and take turns; ratios compare
the same round: least / median / most. Calls of cashews at the same time share one read; each call of *cached* reads, as
another process may have invalidated the result since. The machine was busy with other work.

{table}

64 calls at once while nothing is kept yet:

{runs}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with subjects(ANSWERS) as [service]:
        service.install("aiocache>=0.12", "cashews>=7")
        found = service.run("cached", str(asked.seconds), str(asked.rounds))
        versions = service.versions("aiocache", "cashews", "redis")
    body = [row for what, rates in found["rates"].items() for row in rounds.rows(what, rates)]
    text = NOTE.format(
        machine=report.machine(versions),
        **vars(asked),
        table=report.table(HEAD, body),
        runs=report.table(RUNS, ([name, str(runs)] for name, runs in found["runs"].items())),
    )
    report.write("cached", text)


if __name__ == "__main__":
    main()
