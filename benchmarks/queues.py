"""Queues that are measured: who puts tasks into them, who works for them, and what the tasks note."""

import contextlib
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.services import Subject
from tests.combinations import ROOT
from tests.environments import clean_environ
from tests.servers.program import Program, running
from tests.servers.waiting import wait_until


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
