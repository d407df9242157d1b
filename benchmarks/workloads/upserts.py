"""The rows of the upserts, and the three loads: all new, all unchanged, all changed."""

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.rounds import Measure, Rates, in_turn

Rows = list[dict[str, Any]]
Write = Callable[[Rows], Awaitable[int]]
"""A function that writes rows, and returns how many it has inserted or changed."""
Reset = Callable[[], Awaitable[Any]]

LIMIT = 1800  # seconds for all rounds


def rows_of(count: int, city: str) -> Rows:
    return [
        {"email": f"user{n}@example.org", "name": f"User {n}", "age": n % 90, "city": city, "score": n / 8}
        for n in range(count)
    ]


async def compare(
    contenders: Mapping[str, tuple[Reset, Write]], count: int, rounds: int, versions: Sequence[str]
) -> None:
    """Measure the contenders under each load, in turn, and print the rates as JSON."""
    # One iterator for all contenders: they may share a table, and must not find there what another has just written.
    cities = (f"City {number}" for number in itertools.count())
    async with asyncio.timeout(LIMIT):
        loads: dict[str, Rates] = {
            "new": await in_turn({name: _new(*each, count) for name, each in contenders.items()}, rounds),
            "unchanged": await in_turn({name: _again(write, count) for name, (_, write) in contenders.items()}, rounds),
            "changed": await in_turn(
                {name: _changed(write, count, cities) for name, (_, write) in contenders.items()}, rounds
            ),
        }
    print(json.dumps({"versions": versions, "loads": loads}))  # noqa: T201 - the parent reads it


def _new(reset: Reset, write: Write, count: int) -> Measure:
    async def measure() -> float:
        await reset()
        return await _rate(write, rows_of(count, "Berlin"), {count})

    return measure


def _again(write: Write, count: int) -> Measure:
    async def measure() -> float:
        return await _rate(write, rows_of(count, "Berlin"), {0, count})  # all, if `updated_at` moves in any case

    return measure


def _changed(write: Write, count: int, cities: Iterator[str]) -> Measure:
    async def measure() -> float:
        return await _rate(write, rows_of(count, next(cities)), {count})

    return measure


async def _rate(write: Write, rows: Rows, expected: set[int]) -> float:
    started = time.perf_counter()
    written = await write(rows)
    seconds = time.perf_counter() - started
    if written not in expected:
        msg = f"{written} of {len(rows)} rows were written, so this is not the load to measure"
        raise RuntimeError(msg)
    return len(rows) / seconds
