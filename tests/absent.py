"""The answers that Copier uses for questions without an answer: defaults, and values computed from them."""

import functools
from collections.abc import Iterator
from typing import Any

import jinja2
from copier._jinja_ext import YieldExtension
from jinja2_ansible_filters import AnsibleCoreFiltersExtension

from tests.combinations import Answer, Combination, Configuration, configuration

Names = dict[str, Any]


def questions(of: Configuration | None = None) -> dict[str, Configuration]:
    """Return the questions and the computed values, in the order of copier.yml."""
    return {name: each for name, each in (of or configuration()).items() if not name.startswith("_")}


def computed() -> list[str]:
    """Return the values that copier.yml computes from the answers."""
    return [name for name, each in questions().items() if each.get("when") is False]


@functools.cache
def environment() -> jinja2.Environment:
    """Return a Jinja environment with Copier's settings for this template."""
    options = configuration()["_envops"] | {"undefined": jinja2.StrictUndefined}
    return jinja2.Environment(extensions=[AnsibleCoreFiltersExtension, YieldExtension], **options)  # noqa: S701


@functools.cache
def compiled(text: str) -> jinja2.Template:
    return environment().from_string(text)


def values(combination: Combination | None, of: Configuration | None = None) -> Names:
    """Return all answers and computed values: those of a combination, and defaults for the rest."""
    given: dict[str, Answer] = combination.answers if combination else {}
    found: Names = {}
    for name, question in questions(of).items():
        found[name] = given.get(name, default(question, found))
    return found


def default(question: Configuration, before: Names) -> Any:  # noqa: ANN401
    """Return the answer that Copier uses if none is given."""
    found = question["default"]
    if isinstance(found, str):
        found = compiled(found).render(before)
    return found in (True, "True") if question["type"] == "bool" else found


def texts(question: Configuration) -> Iterator[tuple[str, str]]:
    """Yield the texts of a question that Copier renders, with their kinds."""
    for kind in ("ask", "when", "default", "help", "validator"):
        if isinstance(text := question.get(kind), str):
            yield kind, text
    for choice in question.get("choices", {}).items():
        yield "choices", str(choice)
