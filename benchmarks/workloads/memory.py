"""How much memory a bulk upsert from an iterator takes: the peak after few rows, and after many."""

import asyncio
import importlib
import json
import resource
import sys
from collections.abc import Iterator
from typing import Any


def rows_of(count: int) -> Iterator[dict[str, Any]]:
    for n in range(count):
        yield {"email": f"user{n}@example.org", "name": f"User {n}", "age": n % 90, "city": "Berlin", "score": n / 8}


async def main(workload: str, count: int) -> None:
    subject = importlib.import_module(f"benchmarks.workloads.{workload}")
    peaks: dict[int, float] = {}
    for rows in (count // 10, count):
        await subject.upsert_once(rows_of(rows))
        peaks[rows] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(peaks))  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
