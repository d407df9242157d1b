"""Replace each lock, limit, cancellation and release in a service's kit by nothing, one at a time, and run its tests.

    uv run python -m tests.mutants database=postgres scheduler=apscheduler store=lmdb temp_files=true

It takes minutes. A mutant that the tests do not notice survives: write a test, or find out why there can be none.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests import workbench

# What is replaced on a line, and by what.
RULES = {
    r"^(\s+)(?:await )?[\w.()]+\.(?:release|cancel|rollback|join)\(\)$": r"\1pass",
    r"^(\s+)os\.fsync\(.*\)$": r"\1pass",
    r"asyncio\.timeout\((?!None)[^()]*(?:\([^()]*\))?[^()]*\)": "asyncio.timeout(None)",
    r"asyncio\.shield\((.*)\)": r"\1",
    r"portalocker\.Lock\(.*\):$": 'open("/dev/null"):',
    "with_for_update=True": "with_for_update=False",
}
SECONDS = 120


class Mutant(NamedTuple):
    """A line of a file, and what replaces it."""

    path: Path
    number: int
    before: str
    after: str

    def tests(self, service: Path) -> str:
        """Return the folder or the file that mirrors the mutated module."""
        place = self.path.relative_to("kit")
        mirror = f"kit/tests/{place.parent}" if place.parts[1:] else f"kit/tests/test_{place.name}"
        return mirror if (service / mirror).exists() else "kit/tests"

    def survives(self, service: Path, environment: dict[str, str]) -> bool:
        path = service / self.path
        original = path.read_text("utf-8")
        lines = original.splitlines(keepends=True)
        lines[self.number] = f"{self.after}\n"
        path.write_text("".join(lines), "utf-8")
        command = ["python", "-m", "pytest", "-x", "-q", "--no-header", self.tests(service)]
        try:
            return not subprocess.run(
                command, cwd=service, env=environment, capture_output=True, timeout=SECONDS, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            return False
        finally:
            path.write_text(original, "utf-8")


def mutants(service: Path) -> Iterator[Mutant]:
    for path in sorted((service / "kit").rglob("*.py")):
        if {"tests", "testing"} & {*path.relative_to(service).parts}:
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines()):
            after = next((new for rule, by in RULES.items() if (new := re.sub(rule, by, line)) != line), line)
            if after != line:
                yield Mutant(path.relative_to(service), number, line, after)


def hunt(service: Path, environment: dict[str, str]) -> int:
    """Try all mutants, print each with its fate, and return the number of survivors."""
    survivors = 0
    for mutant in mutants(service):
        survives = mutant.survives(service, environment)
        survivors += survives
        print(  # noqa: T201 - what this program is for
            f"{'SURVIVES' if survives else 'killed':8}  {mutant.path}:{mutant.number + 1}  {mutant.before.strip()}"
        )
    return survivors


if __name__ == "__main__":
    with workbench.service_of(sys.argv[1:]) as (service, environment):
        sys.exit(hunt(service, environment))
