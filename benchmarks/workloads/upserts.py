"""The rows of the upserts, and the three loads: all new, all unchanged, all changed."""

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from benchmarks.rounds import Measure, Rates, in_turn

Rows = list[dict[str, Any]]
Write = Callable[[Rows], Awaitable[Any]]
Reset = Callable[[], Awaitable[Any]]


def rows_of(count: int, city: str) -> Rows:
    return [
        {"email": f"user{n}@example.org", "name": f"User {n}", "age": n % 90, "city": city, "score": n / 8}
        for n in range(count)
    ]


async def compare(contenders: Mapping[str, tuple[Reset, Write]], count: int, rounds: int) -> None:
    """Measure the contenders under each load, in turn, and print the rates as JSON."""
    loads: dict[str, Rates] = {
        "new": await in_turn({name: _new(*each, count) for name, each in contenders.items()}, rounds),
        "unchanged": await in_turn({name: _again(write, count) for name, (_, write) in contenders.items()}, rounds),
        "changed": await in_turn({name: _changed(write, count) for name, (_, write) in contenders.items()}, rounds),
    }
    print(json.dumps(loads))  # noqa: T201 - the parent reads it


def _new(reset: Reset, write: Write, count: int) -> Measure:
    async def measure() -> float:
        await reset()
        return await _rate(write, rows_of(count, "Berlin"))

    return measure


def _again(write: Write, count: int) -> Measure:
    async def measure() -> float:
        return await _rate(write, rows_of(count, "Berlin"))

    return measure


def _changed(write: Write, count: int) -> Measure:
    cities = iter(f"City {number}" for number in range(1000))

    async def measure() -> float:
        return await _rate(write, rows_of(count, next(cities)))

    return measure


async def _rate(write: Write, rows: Rows) -> float:
    started = time.perf_counter()
    await write(rows)
    return len(rows) / (time.perf_counter() - started)
