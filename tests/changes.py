"""The changes of answers that the tests try: a closed walk over all combinations, and random pairs."""

import itertools
import os
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tests.combinations import Answer, Combination, all_combinations, deciding_questions, fullest_per_database

# The processes of a run inherit the seed from the first one, so they draw the same pairs.
SEED = int(os.environ.setdefault("SLIPWAY_SEED", str(random.SystemRandom().randrange(1_000_000))))

Switch = tuple[str, Answer, Answer]


class Change(NamedTuple):
    """A change from one set of answers to another."""

    before: Combination
    after: Combination

    @property
    def id(self) -> str:
        return f"{self.before.id}-to-{self.after.id}"

    @property
    def switches(self) -> Iterator[Switch]:
        """The answers that change, without questions that apply only before or only after the change."""
        before, after = self.before.answers, self.after.answers
        return (
            (name, before[name], after[name]) for name in before.keys() & after.keys() if before[name] != after[name]
        )


def walk() -> list[Change]:
    """Return changes that enter and leave each combination once, and that include each change of a single answer."""
    wanted = all_switches()
    for attempt in itertools.count():
        stops = list(all_combinations())
        random.Random(attempt).shuffle(stops)
        changes = _around(stops)
        if wanted <= switches_of(changes):
            return changes
    raise AssertionError


def further_pairs(count: int, seed: int) -> list[Change]:
    """Return `count` different random pairs of combinations, in order, or all pairs if there are no more."""
    stops = all_combinations()
    numbers = range(len(stops) * (len(stops) - 1))  # a list of the pairs would take seconds
    return [_pair(stops, number) for number in random.Random(seed).sample(numbers, min(count, len(numbers)))]


def _pair(stops: Sequence[Combination], number: int) -> Change:
    before, after = divmod(number, len(stops) - 1)
    return Change(stops[before], stops[after + (after >= before)])


def single_switches() -> list[Change]:
    """Return each change of a single answer, in a fullest service that has its question."""
    fullest = fullest_per_database()
    changes: list[Change] = []
    for name, before, after in sorted(all_switches(), key=str):
        service = next(each for each in fullest if name in each.answers).but(**{name: before})
        changes.append(Change(service, service.but(**{name: after})))
    return changes


def few_switches() -> list[Change]:
    """Change each answer to the next one of its question, in the same services."""
    following = {
        (name, before, after)
        for name, values in deciding_questions().items()
        for before, after in zip(values, (*values[1:], values[0]), strict=True)
    }
    return [change for change in single_switches() if following & {*change.switches}]


def one_switch_each() -> list[Change]:
    """Change the answer to each question once, in the same services."""
    return list({next(change.switches)[0]: change for change in few_switches()}.values())


def all_switches() -> set[Switch]:
    return {
        (name, *pair) for name, values in deciding_questions().items() for pair in itertools.permutations(values, 2)
    }


def switches_of(changes: Iterable[Change]) -> set[Switch]:
    return {switch for change in changes for switch in change.switches}


def _around(stops: Sequence[Combination]) -> list[Change]:
    return [Change(*pair) for pair in zip(stops, (*stops[1:], stops[0]), strict=True)]
