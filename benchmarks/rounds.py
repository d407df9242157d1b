"""What all benchmarks share: rounds in turn, ratios of the same round, and a table for the documentation."""

import os
import platform
import statistics
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs/benchmarks"

Measure = Callable[[], Awaitable[float]]
Rates = dict[str, list[float]]


async def in_turn(contenders: Mapping[str, Measure], rounds: int) -> Rates:
    """Measure each contender once a round, so that what else the machine does hits all of them."""
    rates: Rates = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, measure in contenders.items():
            rates[name].append(await measure())
    return rates


def rows(what: str, rates: Rates) -> list[list[str]]:
    """Make a row for each contender: its median, and how the first one compares in the same rounds."""
    first = next(iter(rates.values()))
    return [[what, name, number(statistics.median(each)), _ratios(first, each)] for name, each in rates.items()]


def table(head: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    lines = [list(head), ["---"] * len(list(head)), *(list(row) for row in body)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine(*packages: str) -> str:
    """Say on what this was measured, and with which versions."""
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    processor = f"{platform.machine()}, {os.cpu_count()} cores"
    return ", ".join(
        filter(None, [f"{datetime.now(UTC):%Y-%m-%d}", processor, f"Python {platform.python_version()}", versions])
    )


def write(name: str, text: str) -> None:
    """Keep the page and print it."""
    DOCS.mkdir(parents=True, exist_ok=True)
    (DOCS / f"{name}.md").write_text(f"{text}\n", "utf-8")
    print(text)  # noqa: T201 - it is for who runs it


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _ratios(first: list[float], other: list[float]) -> str:
    ratios = sorted(mine / its for mine, its in zip(first, other, strict=True))
    return " / ".join(f"{ratio:.2f}" for ratio in (ratios[0], statistics.median(ratios), ratios[-1]))
