"""What many routes, rows, keys, files and jobs cost: `uv run python -m benchmarks.growth`."""

import argparse
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from benchmarks import backlog, report
from benchmarks.services import Subject, default_python, subjects
from tests.combinations import Answer
from tests.servers.program import Program
from tests.serving import serving

ANSWERS: dict[str, Answer] = {
    "database": "sqlite",
    "scheduler": "apscheduler",
    "store": "lmdb",
    "temp_files": True,
}
HEADS = {
    "routes": ("routes", "µs for the last, with the table", "with FastAPI's routers", "ms to make them"),
    "rows": ("rows", "µs for one", "for the first ten", "for ten in the middle"),
    "keys": ("keys", "µs to get one", "to set one", "MB on the disk"),
    "files": ("files", "µs to save one", "for its metadata", "ms to list all"),
}
FIRST = {"routes": 10, "rows": 1000, "keys": 1000, "files": 100}
JOBS = ("jobs", "s until ready", "ms of processor time a second, idle", "MiB")
BENDS = ("what", "at the most ÷ at the least")
JOB = """
from datetime import timedelta

from fastapi import FastAPI

from kit.scheduler import job

@job(every=timedelta(hours={hours}))
async def work(app: FastAPI) -> None:
    del app
"""
IDLE = 10  # seconds
Row = list[str | float]
Rows = list[Row]
NOTE = """# Growth

{machine}

`uv run python -m benchmarks.growth --most {most}`: in one process, without HTTP, the best of five times; rows are in
SQLite, keys in the embedded store, and files in a folder. What stays flat costs the same however many there are.

The last of many routes, in routers of ten, with `kit/route_table.py` and with FastAPI's routers alone:

{routes}

{rows}

A set waits for the disk.

{keys}

{files}

Jobs with APScheduler, none of which is due:

{jobs}

What bends: how many times as much each costs at the most as at the least.

{bends}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=1_000_000, help="rows and keys; of files a hundredth")
    asked = parser.parse_args()
    most = {"routes": 1000, "rows": asked.most, "keys": asked.most, "files": max(FIRST["files"], asked.most // 100)}
    python, version = default_python()
    found: dict[tuple[str, ...], Rows] = {}
    with subjects(ANSWERS, python=python) as [service]:
        service.command("migrate")
        for what, head in HEADS.items():
            sizes = [str(FIRST[what] * 10**power) for power in range(8) if FIRST[what] * 10**power <= most[what]]
            found[head] = service.run("growth", what, *sizes)
        found[JOBS] = [_jobs(service, count) for count in (10, 100, 1000)]
        versions = service.versions("fastapi", "sqlalchemy", "lmdb", "apscheduler")
    tables = {head[0]: report.table(head, _cells(rows)) for head, rows in found.items()}
    tables["bends"] = report.table(BENDS, _cells(_bends(found)))
    report.write("growth", NOTE.format(machine=report.machine(versions, version), most=asked.most, **tables))


def _cells(rows: Iterable[Row]) -> Iterator[list[str]]:
    return ([each if isinstance(each, str) else report.number(each) for each in row] for row in rows)


def _bends(found: Mapping[tuple[str, ...], Rows]) -> Iterator[Row]:
    """Yield a row for each column: its last value, as a multiple of the first."""
    for (what, *columns), rows in found.items():
        for column, first, last in zip(columns, rows[0][1:], rows[-1][1:], strict=True):
            yield [f"{what}: {column}", float(last) / float(first)]


def _jobs(service: Subject, count: int) -> Row:
    """Return what a service with so many jobs takes to start, and while it has nothing to do."""
    folder = service.path / "app/jobs/many"
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").touch()
    for number in range(count):
        (folder / f"job{number}.py").write_text(JOB.format(hours=1 + number % 23), "utf-8")
    (service.path / "service.log").unlink(missing_ok=True)  # `serving` counts the workers in it
    started = time.perf_counter()
    with serving(service.environment, service.path, service.settings, workers=1) as running:
        ready = time.perf_counter() - started
        time.sleep(IDLE)  # each new job runs once
        before = _seconds_of(running.program)
        time.sleep(IDLE)
        idle = (_seconds_of(running.program) - before) / IDLE
        return [count, ready, 1000 * idle, backlog.memory(running.program)]


def _seconds_of(program: Program) -> float:
    """Return the processor time that a program has used; Linux only."""
    fields = [Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split() for pid in program.pids()]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
