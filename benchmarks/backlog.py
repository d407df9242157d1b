"""A backlog of tasks that all wait when the work begins: its rate and the memory, while it is worked off."""

import statistics
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks import report
from benchmarks.queues import Contender, Notes
from tests.servers.program import Program

PARTS = 10
FLAT = 0.9  # the rate of the last three tenths, against that of the first three
GROWN = 1.1  # the memory at the end, against that after the first tenth
HEAD = ("of", "done a second, each tenth", "MiB after a tenth", "MiB at the end")


@dataclass(frozen=True)
class Growth:
    """The rates of the tenths of a backlog, and the memory after the first and after the last of them, in MiB."""

    name: str
    rates: list[float]
    first: float
    last: float

    def row(self) -> list[str]:
        return [self.name, " ".join(map(report.number, self.rates)), f"{self.first:.0f}", f"{self.last:.0f}"]

    def goals(self) -> list[report.Goal]:
        rate = statistics.median(self.rates[-3:]) / statistics.median(self.rates[:3])
        return [
            report.Goal(f"{self.name}: the rate is flat", FLAT, rate),
            report.Goal(f"{self.name}: the memory is flat", GROWN, self.last / self.first, at_most=True),
        ]


def grow(name: str, contender: Contender, notes: Notes, count: int) -> Growth:
    """Leave a backlog, and measure while it is worked off."""
    print(f"{name}: a backlog of {count}", file=sys.stderr)  # noqa: T201 - long work shows progress
    notes.empty()
    contender.subject.run("queue_service", "fill", str(count))
    part = count // PARTS
    with contender.working() as programs:
        times = [notes.wait(1)]
        used: list[float] = []
        for done in range(1, PARTS + 1):
            times.append(notes.wait(part * done, 3600))
            used.append(sum(map(memory, programs)))
        notes.wait(count)
    rates = [part / (until - since) for since, until in pairwise(times)]
    return Growth(name, rates, used[0], used[-1])


def memory(program: Program) -> float:
    """Return the most memory that the largest process of a program has used, in MiB; Linux only."""
    peaks: list[int] = []
    for pid in program.pids():
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
        peaks += [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return max(peaks) / 1024
