"""The common parts of the pages: a line on the machine, tables, their picture, and the folder."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import picture

DOCS = Path(__file__).parents[1] / "docs/benchmarks"


@dataclass(frozen=True)
class Goal:
    """A wanted value and the measured one."""

    what: str
    wanted: float
    measured: float
    at_most: bool = False

    @property
    def reached(self) -> bool:
        return self.measured <= self.wanted if self.at_most else self.measured >= self.wanted


def machine(versions: Iterable[str], python: str = platform.python_version()) -> str:
    """Return a line with the date, the machine, and the versions of libraries and servers."""
    date = f"{datetime.now(UTC):%Y-%m-%d}"
    processor = f"{platform.machine()}, {os.cpu_count()} cores"
    return ", ".join([date, processor, f"Python {python}", *dict.fromkeys(versions)])


def table(head: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    names = list(head)
    return "\n".join(f"| {' | '.join(line)} |" for line in [names, ["---"] * len(names), *body])


def goals(all_goals: Iterable[Goal]) -> str:
    """Return a table of the goals, and whether each was reached."""
    body = (
        [goal.what, f"{'≤' if goal.at_most else '≥'} {goal.wanted:g}", number(goal.measured), _verdict(goal)]
        for goal in all_goals
    )
    return table(("goal", "wanted", "measured", "reached"), body)


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write(name: str, text: str) -> None:
    """Write the page and its picture, and print the page."""
    DOCS.mkdir(parents=True, exist_ok=True)
    (DOCS / f"{name}.md").write_text(picture.embed(name, text), "utf-8")
    (DOCS / f"{name}.svg").write_text(picture.draw(text), "utf-8")
    print(text)  # noqa: T201 - for the user who runs it


def _verdict(goal: Goal) -> str:
    return "yes" if goal.reached else "**no**"
