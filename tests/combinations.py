"""Every valid set of answers, read from copier.yml, so that the tests include a new question automatically."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml

ROOT = Path(__file__).parent.parent

Answer = str | bool
Answers = Mapping[str, Answer]
Pairs = tuple[tuple[str, Answer], ...]
Configuration = dict[str, Any]


@dataclass(frozen=True)
class Combination:
    """One valid set of answers to the questions that decide what a service contains."""

    pairs: Pairs

    @property
    def answers(self) -> dict[str, Answer]:
        return dict(self.pairs)

    @property
    def id(self) -> str:
        # Only characters that pytest's -k accepts in a word, so neither `=` nor `,`.
        return "/".join(f"{question}:{str(answer).lower()}" for question, answer in self.pairs)

    def but(self, **changes: Answer) -> "Combination":
        """Return a combination with some answers changed; add and drop other answers as their questions apply."""
        answers = {**self.answers, **changes}
        asked = [name for name in deciding_questions() if applies(configuration(), name, answers)]
        kept = {name: each for name, each in answers.items() if allows(configuration(), name, each, answers)}
        return Combination(tuple((name, kept.get(name, deciding_questions()[name][0])) for name in asked))

    def __str__(self) -> str:
        return self.id


@functools.cache
def configuration() -> Configuration:
    return yaml.safe_load((ROOT / "copier.yml").read_text("utf-8"))


def deciding_questions() -> dict[str, list[Answer]]:
    """Return the questions of this template with a fixed set of answers, and their answers, the default first."""
    return deciding_of(configuration())


@functools.cache
def all_combinations() -> tuple[Combination, ...]:
    return combinations_of(configuration())


def combinations_of(configuration: Configuration) -> tuple[Combination, ...]:
    """Return all combinations of a copier.yml, which can be that of a former version."""
    return tuple(Combination(pairs) for pairs in _expand(configuration, tuple(deciding_of(configuration)), ()))


def fullest_per_database() -> list[Combination]:
    """Return for each database the combination that turns on most."""

    def fullness(combination: Combination) -> int:
        return sum(answer not in ("none", False) for _, answer in combination.pairs)

    by_database: dict[Answer, Combination] = {}
    for combination in sorted(all_combinations(), key=fullness):
        by_database[combination.answers["database"]] = combination
    return list(by_database.values())


def each_answer_once(combinations: Sequence[Combination] | None = None) -> list[Combination]:
    """Return a few of the given combinations (or of all) in which each answer occurs."""
    combinations = combinations or all_combinations()
    chosen: list[Combination] = []
    missing = {pair for combination in combinations for pair in combination.pairs}
    while missing:
        chosen.append(max(combinations, key=lambda each: len(missing.intersection(each.pairs))))
        missing.difference_update(chosen[-1].pairs)
    return chosen


def deciding_of(configuration: Configuration) -> dict[str, list[Answer]]:
    """Return the questions of a copier.yml that decide what a service has, with their answers, the default first."""
    asked = {name: each for name, each in configuration.items() if not name.startswith("_") and _is_asked(each)}
    return {name: values for name, question in asked.items() if (values := _values(question))}


def applies(configuration: Configuration, name: str, answers: Answers) -> bool:
    """Whether Copier asks a question after these answers."""
    when = configuration[name].get("when", True)
    return when if isinstance(when, bool) else _render(configuration, when, answers) == "True"


def allows(configuration: Configuration, name: str, answer: Answer, answers: Answers) -> bool:
    """Whether Copier accepts an answer after these answers; it refuses a choice whose validator says something."""
    refusals = [each["validator"] for each in extended_choices(configuration[name]) if each["value"] == answer]
    return not any(_render(configuration, text, answers) for text in refusals)


def extended_choices(question: Configuration) -> list[dict[str, Any]]:
    """Return the choices of a question that have a validator of their own."""
    choices: dict[str, Any] | list[Answer] = question.get("choices", [])
    return [each for each in choices.values() if isinstance(each, dict)] if isinstance(choices, dict) else []


def _expand(configuration: Configuration, names: tuple[str, ...], pairs: Pairs) -> Iterator[Pairs]:
    if not names:
        yield pairs
        return
    name, *others = names
    if not applies(configuration, name, dict(pairs)):
        yield from _expand(configuration, tuple(others), pairs)
        return
    for value in deciding_of(configuration)[name]:
        if not allows(configuration, name, value, dict(pairs)):
            continue
        yield from _expand(configuration, tuple(others), (*pairs, (name, value)))


def _values(question: Configuration) -> list[Answer]:
    if question.get("type") == "bool":
        default = question.get("default", False)
        return [default, not default]
    choices: dict[str, Any] | list[Any] = question.get("choices", [])
    given = list(choices.values()) if isinstance(choices, dict) else choices
    values: list[Answer] = [each["value"] if isinstance(each, dict) else each for each in given]
    return sorted(values, key=lambda value: value != question.get("default"))


def _is_asked(question: Configuration) -> bool:
    return question.get("ask") is not False and question.get("when") is not False


def environment_of(configuration: Configuration) -> jinja2.Environment:
    """Return the Jinja environment that reads the markers of a copier.yml."""
    options = configuration["_envops"] | {"undefined": jinja2.StrictUndefined}
    return jinja2.Environment(**options)  # noqa: S701 - not HTML


def _render(configuration: Configuration, text: str, answers: Answers) -> str:
    return _compiled(tuple(sorted(configuration["_envops"].items())), text).render(answers)


@functools.cache
def _compiled(options: tuple[tuple[str, Any], ...], text: str) -> jinja2.Template:
    return environment_of({"_envops": dict(options)}).from_string(text)
