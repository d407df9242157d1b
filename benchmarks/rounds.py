"""Rounds in turn, and ratios of the same round."""

import statistics
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TypeVar

from benchmarks.report import number

Measure = Callable[[], Awaitable[float]]
Rates = dict[str, list[float]]
Contender = TypeVar("Contender")


def turns(contenders: Mapping[str, Contender], rounds: int) -> Iterator[tuple[str, Contender]]:
    """Give each contender once a round, so that what else the machine does hits all; none is always the first."""
    for turn in range(rounds):
        order = list(contenders.items())
        yield from reversed(order) if turn % 2 else order


async def in_turn(contenders: Mapping[str, Measure], rounds: int) -> Rates:
    rates: Rates = {name: [] for name in contenders}
    for name, measure in turns(contenders, rounds):
        rates[name].append(await measure())
    return rates


def rows(what: str, rates: Rates) -> list[list[str]]:
    """Make a row for each contender but the first: its median, and how the first compares in the same rounds."""
    ours, *others = rates.items()
    return [[what, name, number(statistics.median(each)), ratios(ours[1], each)] for name, each in others]


def ratios(first: list[float], other: list[float]) -> str:
    """Give the ratios of the same rounds: least / median / most."""
    found = sorted(mine / its for mine, its in zip(first, other, strict=True))
    return " / ".join(f"{ratio:.2f}" for ratio in (found[0], statistics.median(found), found[-1]))
