"""The embedded store against raw py-lmdb, diskcache and Redis on loopback: `uv run python -m benchmarks.store`."""

import argparse
from typing import Any

from benchmarks import report, rounds
from benchmarks.services import subjects
from tests.combinations import Answer

# A service with taskiq has the client of Redis.
ANSWERS: dict[str, Answer] = {"database": "none", "scheduler": "taskiq", "store": "lmdb", "example": False}
HEAD = ("what", "by", "a second", "store ÷ it")
STALLS = ("while", "its loop", "an idle one")
GROWTH = ("keys", "gets a second", "swept a second")
NOTE = """# The embedded store

{machine}

`uv run python -m benchmarks.store --seconds {seconds:g} --rounds {rounds} --swept {swept} --keys {keys}`: values of
200 bytes under 10,000 keys. *lmdb* is py-lmdb with one transaction for each operation and no TTLs, and for the sweep
the same index without a store around it. The store and *lmdb* return when their writes are on the disk; diskcache and
Redis do not wait for the disk. The contenders take turns; ratios compare the same round: least / median / most.

{table}

The longest time for which an event loop was blocked, in milliseconds: the loop that did the work, and for comparison an
idle loop in another process at the same time, which shows the share of the machine itself (least / median / most of the
rounds).

{stalls}

How it grows, with one task:

{growth}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--swept", type=int, default=100_000)
    parser.add_argument("--keys", type=int, default=1_000_000, help="up to which the store grows")
    asked = parser.parse_args()
    with subjects(ANSWERS) as [service]:
        service.install("diskcache>=5.6")
        found = service.run("store", str(asked.seconds), str(asked.rounds), str(asked.swept), str(asked.keys))
    body = [row for what, rates in found["rates"].items() for row in rounds.rows(what, rates)]
    text = NOTE.format(
        machine=report.machine(found["versions"]),
        **vars(asked),
        table=report.table(HEAD, body),
        stalls=report.table(STALLS, ([what, *map(_spread, each)] for what, each in found["stalls"].items())),
        growth=report.table(GROWTH, ([report.number(each) for each in row] for row in found["growth"])),
    )
    report.write("store", text)


def _spread(values: Any) -> str:
    ordered = sorted(values)
    return " / ".join(f"{each:.1f}" for each in (ordered[0], ordered[len(ordered) // 2], ordered[-1]))


if __name__ == "__main__":
    main()
