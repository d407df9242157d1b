"""How much memory a bulk upsert from an iterator uses: the peak before it, after few rows, and after many."""

import asyncio
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LIMIT = 1800  # seconds


def rows_of(count: int) -> Iterator[dict[str, Any]]:
    for n in range(count):
        yield {"email": f"user{n}@example.org", "name": f"User {n}", "age": n % 90, "city": "Berlin", "score": n / 8}


def peak() -> float:
    """Return the most memory that this process has used, in MiB; Linux only.

    `getrusage` would include the peak of the parent process.
    """
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


async def main(workload: str, count: int) -> None:
    subject = importlib.import_module(f"benchmarks.workloads.{workload}")
    peaks: dict[int, float] = {}
    async with asyncio.timeout(LIMIT):
        for rows in (0, count // 10, count):
            await subject.upsert_once(rows_of(rows))
            peaks[rows] = peak()
    print(json.dumps(peaks))  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
