"""The covering array: a few combinations in which every two answers that can be given together occur together."""

import functools
from collections.abc import Iterable, Iterator
from typing import Any

from covertable import main
from jinja2.meta import find_undeclared_variables

from tests.combinations import (
    Answer,
    Combination,
    Configuration,
    all_combinations,
    allows,
    applies,
    configuration,
    deciding_of,
    environment_of,
    extended_choices,
)

Row = dict[str, Answer | None]  # a question that is not asked has no answer

SALTS = ("", "0", "1")  # each puts the questions in another order; some of the arrays are a row or two shorter


@functools.cache
def covering_array() -> tuple[Combination, ...]:
    """Return the array of this template. It includes the combination of all defaults, as in the README's command."""
    rows = array_of(configuration(), given=all_combinations()[:1])
    return tuple(each for each in all_combinations() if each in rows)


def array_of(configuration: Configuration, given: Iterable[Combination] = ()) -> set[Combination]:
    """Return an array for a copier.yml that includes the given combinations."""
    questions = deciding_of(configuration)
    conditions = {name: _condition(configuration, name) for name in questions}
    factors: dict[str, list[Answer | None]] = {
        name: [*([None] if conditions[name] else []), *answers] for name, answers in questions.items()
    }
    presets: list[Row] = [{name: each.answers.get(name) for name in questions} for each in given]
    make: Any = vars(main)["make"]  # it has no types
    constraints = [each for each in conditions.values() if each]
    constraints += [each for name in questions for each in _refusals(configuration, name)]
    arrays: list[list[Row]] = [make(factors, presets=presets, constraints=constraints, salt=salt) for salt in SALTS]
    rows = [{name: row[name] for name in questions} for row in min(arrays, key=len)]
    return {Combination(tuple((name, each) for name, each in row.items() if each is not None)) for row in rows}


def _condition(configuration: Configuration, name: str) -> dict[str, object]:
    """Return covertable's condition that a question has an answer only if it is asked; `{}` if it always is."""
    when = configuration[name].get("when", True)
    if not isinstance(when, str):
        return {}
    asked = sorted(find_undeclared_variables(environment_of(configuration).parse(when)))

    @functools.cache
    def is_asked(*answers: Answer) -> bool:
        return applies(configuration, name, dict(zip(asked, answers, strict=True)))

    def holds(row: Row) -> bool:
        return (row[name] is not None) == is_asked(*(row[each] or "" for each in asked))

    return {"operator": "fn", "requires": [name, *asked], "evaluate": holds}


def _refusals(configuration: Configuration, name: str) -> Iterator[dict[str, object]]:
    """Yield covertable's condition for each choice that other answers rule out."""
    for choice in extended_choices(configuration[name]):
        names = find_undeclared_variables(environment_of(configuration).parse(choice["validator"]))
        yield _refusal(configuration, name, choice["value"], sorted(names))


def _refusal(configuration: Configuration, name: str, answer: Answer, others: list[str]) -> dict[str, object]:
    def holds(row: Row) -> bool:
        given = {each: row[each] or "" for each in others}
        return row[name] != answer or allows(configuration, name, answer, given)

    return {"operator": "fn", "requires": [name, *others], "evaluate": holds}
