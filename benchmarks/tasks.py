"""Deferred tasks against queues alone: `uv run python -m benchmarks.tasks`."""

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import report, rounds
from benchmarks.services import Subject, subjects
from tests.combinations import ROOT, Answer
from tests.environments import clean_environ
from tests.servers.program import Program, running
from tests.servers.waiting import wait_until

PLAIN: dict[str, Answer] = {"database": "postgres", "scheduler": "taskiq", "example": False}
SUBJECTS: dict[str, dict[str, Answer]] = {
    "taskiq": PLAIN,
    "pgqueuer": {**PLAIN, "scheduler": "pgqueuer"},
    "apscheduler": {**PLAIN, "scheduler": "apscheduler"},
    "apscheduler, SQLite": {**PLAIN, "scheduler": "apscheduler", "database": "sqlite"},
    "arq": {"database": "none", "example": False},  # it wants an older redis-py
}
SERVICE = "benchmarks.workloads.queue_service"
IN_SERVICE = [("-m", SERVICE, "work")]
BESIDE = {"taskiq": [("-m", "app", "worker"), ("-m", "app", "scheduler")], "pgqueuer": [("-m", "app", "worker")]}
TASK = """
from benchmarks.workloads.notes import note
from kit.tasks import TaskRun, task

@task()
async def noted(run: TaskRun, sent: float) -> None:
    note(sent)
"""
PAUSE = 0.05  # seconds between two tasks whose latency counts
BACKLOG_PARTS = 10
HEAD = ("by", "one after the other", "32 at once", "32 at once ÷ taskiq", "done a second", "latency", "99 %")
GROWTH = ("of", "done a second, each tenth", "MiB at the start", "MiB at the end")
NOTE = """# Tasks

{machine}

`uv run python -m benchmarks.tasks --tasks {tasks} --rounds {rounds} --backlog {backlog}`: deferrals a second, then the
tasks done a second by one worker that finds them all waiting, and the milliseconds from a deferral to the start of its
task while nothing else is to do. *session* commits the task with a transaction of its own, *defer* does not have one,
and the others are the queues alone, as their documentation shows them. Medians of the rounds, in which the contenders
take turns; the ratio compares the same round: least / median / most. Servers do not wait for the disk.

{table}

A queue alone writes to one place. A service writes the task to its database, commits, and then puts its id into the
queue: it pays for both, and for that neither a crash nor a full queue loses a task. With APScheduler the service runs
its tasks while it defers them; what is done a second is then what was left.

A backlog of {backlog} tasks, in tenths, and the memory of the process that works:

{growth}
"""


@dataclass(frozen=True)
class Contender:
    """A queue that is measured, with the programs that work for it."""

    subject: Subject
    module: str
    worker: list[tuple[str, ...]]
    variables: Mapping[str, str] = field(default_factory=dict[str, str])

    def defer(self, count: int, at_once: int, pause: float = 0) -> Any:
        code = Subject(self.subject.path, self.subject.environment, {**self.subject.settings, **self.variables})
        return code.run("defer", self.module, str(count), str(at_once), str(pause))

    @contextlib.contextmanager
    def working(self) -> Generator[list[Program]]:
        path = f"{self.subject.path}:{ROOT}"
        env = clean_environ(**self.subject.settings, **self.variables, PYTHONPATH=path)
        programs = [
            Program(
                [self.subject.environment.python, *command], self.subject.path / "log", cwd=self.subject.path, env=env
            )
            for command in self.worker
        ]
        with running(programs):
            yield programs


class Notes:
    """The file in which tasks leave their latencies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.empty()

    def empty(self) -> None:
        self.path.write_text("", "utf-8")

    def count(self) -> int:
        return self.path.read_bytes().count(b"\n")

    def wait(self, count: int, seconds: float = 600) -> float:
        """Return when there are so many."""
        wait_until(lambda: self.count() >= count, seconds=seconds, what=f"{count} tasks are done, of {self.count()}")
        return time.perf_counter()

    def milliseconds(self) -> list[float]:
        return sorted(1000 * float(line) for line in self.path.read_text("utf-8").splitlines())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backlog", type=int, default=100_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, subjects(*SUBJECTS.values()) as services:
        notes = Notes(Path(folder) / "notes")
        found = contenders(dict(zip(SUBJECTS, services, strict=True)), notes)
        results, versions = compare(found, notes, asked.tasks, asked.rounds)
        growth = [grow(name, each, notes, asked.backlog) for name, each in found.items() if "session" in name]
    tables = {"table": report.table(HEAD, results), "growth": report.table(GROWTH, growth)}
    sizes = {"tasks": asked.tasks, "rounds": asked.rounds, "backlog": f"{asked.backlog}"}
    report.write("tasks", NOTE.format(machine=report.machine(versions), **sizes, **tables))


def contenders(services: Mapping[str, Subject], notes: Notes) -> dict[str, Contender]:
    """Prepare the services and the peers, and return them by name; the first is what the others are compared with."""
    postgres, redis = (services["taskiq"].settings[name] for name in ("DATABASE_URL", "SCHEDULER_URL"))
    variables = {"BENCHMARK_NOTES": str(notes.path), "BENCHMARK_POSTGRES": postgres, "BENCHMARK_REDIS": redis}
    services["taskiq"].install("procrastinate", "psycopg[binary,pool]", "pgqueuer[asyncpg]")
    services["arq"].install("arq")
    found: dict[str, Contender] = {}
    for name, subject in services.items():
        if name == "arq":
            continue
        (subject.path / "app/jobs/noted.py").write_text(TASK, "utf-8")
        subject.command("migrate")
        worker = BESIDE.get(name, IN_SERVICE)
        found[f"{name}: session"] = Contender(subject, SERVICE, worker, {**variables, "BENCHMARK_SESSION": "1"})
        found[f"{name}: defer"] = Contender(subject, SERVICE, worker, variables)
    for name in ("taskiq", "pgqueuer", "procrastinate", "arq"):
        subject = services["arq" if name == "arq" else "taskiq"]
        module = f"benchmarks.peers.queue_{name}"
        if name in {"pgqueuer", "procrastinate"}:
            subject.environment.run("-m", module, cwd=subject.path, PYTHONPATH=str(ROOT), **variables)
        found[f"{name} alone"] = Contender(subject, module, [_worker(name)], variables)
    return found


def _worker(name: str) -> tuple[str, ...]:
    if name == "taskiq":
        return ("-m", "taskiq", "worker", "--workers", "1", "benchmarks.peers.queue_taskiq:broker")
    if name == "arq":
        return ("-m", "arq", "benchmarks.peers.queue_arq.WorkerSettings")
    return ("-m", f"benchmarks.peers.queue_{name}", "work")


def compare(found: Mapping[str, Contender], notes: Notes, count: int, turns: int) -> tuple[list[list[str]], list[str]]:
    """Return a row for each contender, and the versions of the libraries."""
    measured: dict[str, list[list[float]]] = {name: [] for name in found}
    versions: dict[str, None] = {}
    for name, contender in rounds.turns(found, turns):
        print(name, file=sys.stderr)  # noqa: T201 - long work shows progress
        figures, used = measure(contender, notes, count)
        measured[name].append(figures)
        versions |= dict.fromkeys(used)
    bare = [figures[1] for figures in measured["taskiq alone"]]
    rows: list[list[str]] = []
    for name, turned in measured.items():
        one, many, done, latency, slow = (report.number(statistics.median(each)) for each in zip(*turned, strict=True))
        ratio = rounds.ratios([figures[1] for figures in turned], bare)
        rows.append([name, one, many, ratio, done, latency, slow])
    return rows, list(versions)


def measure(contender: Contender, notes: Notes, count: int) -> tuple[list[float], list[str]]:
    """Return the rates of deferrals, the rate of tasks done, and two latencies."""
    notes.empty()
    one = contender.defer(count // 10, 1)
    many = contender.defer(count, 32)
    total = count // 10 + count
    left = total - notes.count()
    with contender.working():
        begun = notes.wait(total - left + 1) if left else 0
        done = left / (notes.wait(total) - begun) if left else float("nan")
        notes.empty()
        contender.defer(100, 1, PAUSE)
        notes.wait(100)
    found = notes.milliseconds()
    return [one["rate"], many["rate"], done, statistics.median(found), found[98]], many["versions"]


def grow(name: str, contender: Contender, notes: Notes, count: int) -> list[str]:
    """Return the rate and the memory while a backlog is worked off."""
    print(f"{name}: a backlog of {count}", file=sys.stderr)  # noqa: T201 - long work shows progress
    notes.empty()
    contender.defer(count, 32)
    first = notes.count()
    steps = [first + (count - first) * part // BACKLOG_PARTS for part in range(BACKLOG_PARTS + 1)]
    with contender.working() as programs:
        times = [notes.wait(first + 1)]
        start = memory(programs[0])
        times += [notes.wait(step, 3600) for step in steps[1:]]
        end = memory(programs[0])
    rates = [
        (after - before) / (until - since)
        for before, after, since, until in zip(steps, steps[1:], times, times[1:], strict=False)
    ]
    return [name, " ".join(report.number(rate) for rate in rates), f"{start:.0f}", f"{end:.0f}"]


def memory(program: Program) -> float:
    """Return the most memory that the largest process of a program has used, in MiB; Linux only."""
    peaks: list[int] = []
    for pid in program.pids():
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
        peaks += [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return max(peaks) / 1024


if __name__ == "__main__":
    main()
