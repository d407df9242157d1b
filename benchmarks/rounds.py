"""Contenders take turns in rounds; ratios compare the same round."""

import math
import statistics
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TypeVar

from benchmarks.report import number

Measure = Callable[[], Awaitable[float]]
Rates = dict[str, list[float]]
Contender = TypeVar("Contender")


def turns(contenders: Mapping[str, Contender], rounds: int) -> Iterator[tuple[str, Contender]]:
    """Yield each contender once in each round, in alternating order, so that other load on the machine affects all."""
    for turn in range(rounds):
        order = list(contenders.items())
        yield from reversed(order) if turn % 2 else order


async def in_turn(contenders: Mapping[str, Measure], rounds: int) -> Rates:
    rates: Rates = {name: [] for name in contenders}
    for name, measure in turns(contenders, rounds):
        rates[name].append(await measure())
    return rates


def rows(what: str, rates: Rates) -> list[list[str]]:
    """Return a row for each contender except the first: its median, and the ratio of the first in the same rounds."""
    ours, *others = rates.items()
    return [[what, name, number(statistics.median(each)), ratios(ours[1], each)] for name, each in others]


def ratios(first: list[float], other: list[float]) -> str:
    """Return the ratios of the same rounds: least / median / most; `inf` if the other did nothing."""
    found = _ratios(first, other)
    return " / ".join(f"{ratio:.2f}" for ratio in (found[0], statistics.median(found), found[-1]))


def ratio(first: list[float], other: list[float]) -> float:
    """Return the median of the ratios of the same rounds."""
    return statistics.median(_ratios(first, other))


def _ratios(first: list[float], other: list[float]) -> list[float]:
    return sorted(mine / its if its else math.inf for mine, its in zip(first, other, strict=True))
