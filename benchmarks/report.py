"""What the pages of the documentation have in common: a line on the machine, a table, and where they are kept."""

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs/benchmarks"


def machine(versions: Iterable[str]) -> str:
    """Say on what this was measured, and with which versions of libraries and servers."""
    date = f"{datetime.now(UTC):%Y-%m-%d}"
    processor = f"{platform.machine()}, {os.cpu_count()} cores"
    return ", ".join([date, processor, f"Python {platform.python_version()}", *dict.fromkeys(versions)])


def table(head: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    names = list(head)
    return "\n".join(f"| {' | '.join(line)} |" for line in [names, ["---"] * len(names), *body])


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write(name: str, text: str) -> None:
    """Keep the page and print it."""
    DOCS.mkdir(parents=True, exist_ok=True)
    (DOCS / f"{name}.md").write_text(text, "utf-8")
    print(text)  # noqa: T201 - it is for who runs it
