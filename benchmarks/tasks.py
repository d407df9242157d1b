"""Deferred tasks against queues alone: `uv run python -m benchmarks.tasks`."""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Generator, Mapping
from pathlib import Path

from benchmarks import backlog, report, rounds
from benchmarks.queues import Contender, Notes
from benchmarks.services import Subject, subjects
from tests.combinations import ROOT, Answer

Measured = dict[str, list[list[float]]]

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
OF_THE_ENGINE = 0.9
HEAD = ("by", "one after the other", "32 at once", "32 at once ÷ taskiq", "done a second", "latency", "99 %")
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

A backlog of {backlog} tasks that all wait when the work begins, in tenths, and the most memory that the processes which
work have used until then:

{growth}

*Flat* compares the last three tenths with the first three, and the memory at the end with that after the first tenth.
The deferrals are those 32 at once, outside a session.

{goals}

Why a deferral costs ten times as much as with a queue alone: a queue makes one round trip, of about 0.3 milliseconds
of processor time. A deferral is an INSERT in a transaction, then an entry in the queue, then an UPDATE in a second
transaction that notes it, so that a crash between them loses nothing: about 2.4, most of it in SQLAlchemy. A goal of
0.9 would leave a tenth of a round trip, and no room for a transaction.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backlog", type=int, default=100_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, subjects(*SUBJECTS.values()) as services:
        notes = Notes(Path(folder) / "notes")
        found = contenders(dict(zip(SUBJECTS, services, strict=True)), notes)
        measured, versions = compare(found, notes, asked.tasks, asked.rounds)
        growth = [
            backlog.grow(name.partition(":")[0], each, notes, asked.backlog)
            for name, each in found.items()
            if name.endswith(": session")
        ]
    tables = {
        "table": report.table(HEAD, rows(measured)),
        "growth": report.table(backlog.HEAD, [each.row() for each in growth]),
        "goals": report.goals([*goals(measured), *(goal for each in growth for goal in each.goals())]),
    }
    sizes = {"tasks": asked.tasks, "rounds": asked.rounds, "backlog": asked.backlog}
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


def compare(found: Mapping[str, Contender], notes: Notes, count: int, turns: int) -> tuple[Measured, list[str]]:
    """Return the figures of each contender in each round, and the versions of the libraries."""
    measured: Measured = {name: [] for name in found}
    versions: dict[str, None] = {}
    for name, contender in rounds.turns(found, turns):
        print(name, file=sys.stderr)  # noqa: T201 - long work shows progress
        figures, used = measure(contender, notes, count)
        measured[name].append(figures)
        versions |= dict.fromkeys(used)
    return measured, list(versions)


def rows(measured: Measured) -> list[list[str]]:
    bare = _deferrals(measured["taskiq alone"])
    found: list[list[str]] = []
    for name, turned in measured.items():
        one, many, done, latency, slow = (report.number(statistics.median(each)) for each in zip(*turned, strict=True))
        found.append([name, one, many, rounds.ratios(_deferrals(turned), bare), done, latency, slow])
    return found


def goals(measured: Measured) -> Generator[report.Goal]:
    """Compare deferrals outside a session with those of the engine alone in the same round."""
    for name in ("taskiq", "pgqueuer"):
        ours, alone = _deferrals(measured[f"{name}: defer"]), _deferrals(measured[f"{name} alone"])
        yield report.Goal(f"{name}: deferrals ÷ {name} alone", OF_THE_ENGINE, rounds.ratio(ours, alone))


def _deferrals(turned: list[list[float]]) -> list[float]:
    return [figures[1] for figures in turned]


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


if __name__ == "__main__":
    main()
