"""Which files and lines of a service belong to which answer: what the answer adds to a service with little else."""

import functools
import re
from collections.abc import Mapping

from tests.combinations import Answer, Combination, all_combinations, deciding_questions
from tests.rendering import RECORD, Tree

Trees = Mapping[Combination, Tree]
Given = tuple[str, Answer]
Line = tuple[str, str]

ALIAS = re.compile(r": \*\w+$")


@functools.cache
def least(given: Given) -> Combination:
    """Return the combination with this answer that has as little else as possible."""
    return min((each for each in all_combinations() if given in each.pairs), key=_fullness)


@functools.cache
def additions() -> dict[Given, Combination]:
    """Return each answer that adds something, with the combination that it is added to."""
    found: dict[Given, Combination] = {}
    for question, answer in ((name, each) for name, values in deciding_questions().items() for each in values):
        given = question, answer
        others = [each for each in all_combinations() if question in each.answers and given not in each.pairs]
        without = min(others, key=lambda each: (len({*least(given).pairs} ^ {*each.pairs}), _fullness(each)))
        if _fullness(without) <= _fullness(least(given)):
            found[given] = without
    return found


def lines_of(tree: Tree) -> set[Line]:
    """Return the lines of all files, except YAML lines that only repeat another part of their file."""
    return {(name, line) for name, text in _texts(tree).items() for line in lines_in(text)}


@functools.cache
def lines_in(text: str) -> frozenset[str]:
    return frozenset(line for line in ["", *text.splitlines()] if not ALIAS.search(line))


def own_lines(given: Given, trees: Trees) -> set[Line]:
    """Return the lines that come only with this answer."""
    others = [least(other) for other in additions() if other != given and given not in least(other).pairs]
    others += _siblings(given)
    return lines_of(trees[least(given)]).difference(*(lines_of(trees[each]) for each in others))


def _siblings(given: Given) -> list[Combination]:
    """Return the combinations with another answer to the question alone, as far as there are any.

    Accounts need a database, and with one, the other answer brings keys too.
    """
    rest = {*least(given).pairs} - {given}
    return [each for each in all_combinations() if given not in each.pairs and rest < {*each.pairs}]


def _texts(tree: Tree) -> dict[str, str]:
    return {name: text for name, text in tree.files.items() if name != RECORD}


def _fullness(combination: Combination) -> int:
    return sum(answer not in ("none", False) for _, answer in combination.pairs)
