"""The questions of copier.yml for the page: what is asked when, which answers are refused with which words."""

import copy
import functools
from collections.abc import Iterator
from typing import Any

from explorer.conditions import Condition, Conditions, spoken
from tests.absent import compiled
from tests.combinations import (
    Answer,
    Answers,
    Configuration,
    all_combinations,
    combinations_of,
    configuration,
    deciding_questions,
    extended_choices,
)

Refusals = dict[str, dict[str, list[tuple[Condition, str]]]]


def asked(name: str) -> int:
    """Return the combinations in which Copier asks a question."""
    return sum(1 << number for number, each in enumerate(all_combinations()) if name in each.answers)


def labels(question: Configuration) -> Iterator[tuple[Answer, str]]:
    """Yield the answers of a question in the order of copier.yml, with their words."""
    if question["type"] == "bool":
        yield from ((False, "No"), (True, "Yes"))
        return
    for label, choice in question["choices"].items():
        yield (choice["value"] if isinstance(choice, dict) else choice), label


def refusals() -> Refusals:
    """Return, for the answers that other answers rule out, when Copier refuses them and what it says then."""
    found: Refusals = {}
    for name in deciding_questions():
        for choice in extended_choices(configuration()[name]):
            found.setdefault(name, {})[spoken(choice["value"])] = list(_refusals(choice["validator"]))
    return found


def _refusals(validator: str) -> Iterator[tuple[Condition, str]]:
    said: dict[str, int] = {}
    for number, answers in enumerate(_assignments()):
        if words := compiled(validator).render(answers).strip():
            said[words] = said.get(words, 0) | 1 << number
    yield from ((Conditions(_assignments()).condition(there), words) for words, there in said.items())


@functools.cache
def _assignments() -> list[Answers]:
    """Return all assignments of answers, also those that Copier refuses."""
    unchecked = copy.deepcopy(configuration())
    for name in deciding_questions():
        for choice in extended_choices(unchecked[name]):
            choice["validator"] = ""
    return [each.answers for each in combinations_of(unchecked)]


def question(name: str, number: int) -> dict[str, Any]:
    """Return what the page has to know of a question, with the number of the condition on which it is asked."""
    answers = deciding_questions()[name]
    return {"name": name, "asked": number, "default": spoken(answers[0]), "answers": [spoken(each) for each in answers]}
