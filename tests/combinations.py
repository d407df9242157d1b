"""Every valid set of answers, read from copier.yml itself, so that a new question joins the tests by itself."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml

ROOT = Path(__file__).parent.parent

Answer = str | bool
Answers = Mapping[str, Answer]
Pairs = tuple[tuple[str, Answer], ...]


@dataclass(frozen=True)
class Combination:
    """One valid set of answers to the questions that decide what a service contains."""

    pairs: Pairs

    @property
    def answers(self) -> dict[str, Answer]:
        return dict(self.pairs)

    @property
    def id(self) -> str:
        # Only characters that pytest's -k takes as part of a word: `=` and `,` are not among them.
        return "/".join(f"{question}:{str(answer).lower()}" for question, answer in self.pairs)

    def but(self, **changes: Answer) -> "Combination":
        """Change some answers; questions that then do not apply are not answered."""
        answers = {**self.answers, **changes}
        return Combination(tuple(pair for pair in answers.items() if _applies(questions()[pair[0]], answers)))

    def __str__(self) -> str:
        return self.id


@functools.cache
def configuration() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "copier.yml").read_text("utf-8"))


def questions() -> dict[str, dict[str, Any]]:
    return {name: details for name, details in configuration().items() if not name.startswith("_")}


def deciding_questions() -> dict[str, list[Answer]]:
    """Return the questions that have a fixed set of answers and are asked, with these answers, default first."""
    return {name: _values(q) for name, q in questions().items() if _is_asked(q) and _values(q)}


@functools.cache
def all_combinations() -> tuple[Combination, ...]:
    return tuple(Combination(pairs) for pairs in _expand(tuple(deciding_questions()), ()))


def fullest_per_database() -> list[Combination]:
    """Return for each database the combination that turns on the most."""

    def fullness(combination: Combination) -> int:
        return sum(answer not in ("none", False) for _, answer in combination.pairs)

    by_database: dict[Answer, Combination] = {}
    for combination in sorted(all_combinations(), key=fullness):
        by_database[combination.answers["database"]] = combination
    return list(by_database.values())


def _expand(names: tuple[str, ...], pairs: Pairs) -> Iterator[Pairs]:
    if not names:
        yield pairs
        return
    name, *others = names
    if not _applies(questions()[name], dict(pairs)):
        yield from _expand(tuple(others), pairs)
        return
    for value in deciding_questions()[name]:
        yield from _expand(tuple(others), (*pairs, (name, value)))


def _values(question: dict[str, Any]) -> list[Answer]:
    if question.get("type") == "bool":
        default = question.get("default", False)
        return [default, not default]
    choices: dict[str, Answer] | list[Answer] = question.get("choices", [])
    values = list(choices.values()) if isinstance(choices, dict) else choices
    return sorted(values, key=lambda value: value != question.get("default"))


def _is_asked(question: dict[str, Any]) -> bool:
    return question.get("ask") is not False and question.get("when") is not False


def _applies(question: dict[str, Any], answers: Answers) -> bool:
    when = question.get("when", True)
    return when if isinstance(when, bool) else _render(when, answers) == "True"


def _render(text: str, answers: Answers) -> str:
    options = configuration()["_envops"] | {"undefined": jinja2.StrictUndefined}
    return jinja2.Environment(**options).from_string(text).render(answers)  # noqa: S701 - not HTML
