"""Replace each lock, limit, cancellation and release in a service's kit by nothing, one at a time, and run its tests.

    uv run python -m tests.mutants database=postgres scheduler=apscheduler store=lmdb -- kit/sql kit/health/database.py

It takes minutes; the paths, all of `kit` without them, keep it from trying again what other answers share. A mutant
that the tests do not notice survives: write a test, or find out why there can be none. The tests are those that mirror
the mutated module; if they fail without a mutant too, the program stops.
"""

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests import workbench

# What is replaced on a line, and by what.
RULES = {
    r"^(\s+)(?:await )?\S+\.(?:acquire|release|cancel|rollback|join|a?close|dispose|discard)\(\w*\)$": r"\1pass",
    r"^(\s+)(?:del [\w.]+\[\w+\]|[\w.]+(?:\([^()]*\))?\.pop\(\w+, None\))$": r"\1pass",
    r"^(\s+)os\.fsync\(.*\)$": r"\1pass",
    r"asyncio\.timeout\((?!None)[^()]*(?:\([^()]*\))?[^()]*\)": "asyncio.timeout(None)",
    r"(asyncio\.wait\(.*), timeout=\w+\)": r"\1)",
    r"^(\s+\w*timeout)=(?!None)[\w.]+,$": r"\1=None,",
    r"asyncio\.shield\((.*)\)": r"\1",
    r"portalocker\.Lock\(.*\):$": 'open("/dev/null"):',
    r"with self\._(?:turn|free|writing)\b": 'with __import__("contextlib").nullcontext()',
    r"\.with_for_update\([^()]*\)": "",
    "with_for_update=True": "with_for_update=False",
    r"^(MAX_\w+) = ([^#]+?)(  #.*)?$": r"\1 = (\2) * 1000",
    r"^(MIN_\w+) = ([^#]+?)(  #.*)?$": r"\1 = (\2) * 0",
}
SECONDS = 60  # more than three times what the tests take without a mutant


class Mutant(NamedTuple):
    """A line of a file, and what replaces it."""

    path: Path
    number: int
    before: str
    after: str

    def tests(self, service: Path) -> list[str]:
        """Return the file that mirrors the mutated module, if there is one, then the folder of its part of the kit."""
        tests = service / "kit/tests"
        mirror = tests / self.path.relative_to("kit")
        file, part = mirror.with_name(f"test_{mirror.name}"), tests / self.path.parts[1]
        places = [file, part] if part.is_dir() else [file] if file.exists() else [tests]
        return [str(place.relative_to(service)) for place in places if place.exists()]

    def fate(self, service: Path, environment: dict[str, str], seconds: float) -> str:
        """Return what its tests say: the name of one that fails, that they hang, or that it survives."""
        path = service / self.path
        original = path.read_text("utf-8")
        lines = original.splitlines(keepends=True)
        lines[self.number] = f"{self.after}\n"
        path.write_text("".join(lines), "utf-8")
        try:
            return _failure(service, environment, self.tests(service), seconds) or "SURVIVES"
        finally:
            path.write_text(original, "utf-8")


def mutants(service: Path, paths: Sequence[str]) -> Iterator[Mutant]:
    for path in sorted((service / "kit").rglob("*.py")):
        place = path.relative_to(service)
        if {"tests", "testing"} & {*place.parts} or not any(place.is_relative_to(each) for each in paths):
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines()):
            for rule, by in RULES.items():
                if (after := re.sub(rule, by, line)) != line:
                    yield Mutant(place, number, line, after)


def hunt(service: Path, environment: dict[str, str], paths: Sequence[str]) -> int:
    """Try all mutants below these paths, print each with its fate, and return the number of survivors."""
    survivors = 0
    limits: dict[str, float] = {}
    for mutant in mutants(service, paths):
        tests = mutant.tests(service)
        if tests[-1] not in limits:
            limits[tests[-1]] = SECONDS + 3 * _duration(service, environment, tests)
        fate = mutant.fate(service, environment, limits[tests[-1]])
        survivors += fate == "SURVIVES"
        print(f"{mutant.path}:{mutant.number + 1}  {mutant.before.strip()}\n    {fate}", flush=True)  # noqa: T201
    return survivors


def _duration(service: Path, environment: dict[str, str], tests: Sequence[str]) -> float:
    start = time.monotonic()
    if failure := _failure(service, environment, tests, None):
        sys.exit(f"Without a mutant too: {failure}")
    return time.monotonic() - start


def _failure(service: Path, environment: dict[str, str], tests: Sequence[str], seconds: float | None) -> str | None:
    command = ["python", "-m", "pytest", "-x", "-q", "--no-header", *tests]
    try:
        run = subprocess.run(
            command, cwd=service, env=environment, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return f"the tests hang for {seconds:.0f} s"
    failures = re.findall(r"^(?:FAILED|ERROR) .*$", run.stdout, re.MULTILINE)
    return "; ".join(failures) or f"pytest ends with {run.returncode}: {run.stdout[-500:]}" if run.returncode else None


if __name__ == "__main__":
    answers = sys.argv[1:]
    split = answers.index("--") if "--" in answers else len(answers)
    with workbench.service_of(answers[:split]) as (service, environment):
        sys.exit(hunt(service, environment, answers[split + 1 :] or ["kit"]))
