"""What Copier takes for answers that nobody has given: defaults, and what follows from them."""

import functools
from collections.abc import Iterator
from typing import Any

import jinja2
from copier._jinja_ext import YieldExtension
from jinja2_ansible_filters import AnsibleCoreFiltersExtension

from tests.combinations import Answer, Combination, Configuration, configuration

Names = dict[str, Any]


def questions(of: Configuration | None = None) -> dict[str, Configuration]:
    """Return the questions and the values that follow from them, in their order."""
    return {name: each for name, each in (of or configuration()).items() if not name.startswith("_")}


def computed() -> list[str]:
    """Return the values that follow from the answers."""
    return [name for name, each in questions().items() if each.get("when") is False]


@functools.cache
def environment() -> jinja2.Environment:
    """Return Jinja as Copier sets it up for this template."""
    options = configuration()["_envops"] | {"undefined": jinja2.StrictUndefined}
    return jinja2.Environment(extensions=[AnsibleCoreFiltersExtension, YieldExtension], **options)  # noqa: S701


@functools.cache
def compiled(text: str) -> jinja2.Template:
    return environment().from_string(text)


def values(combination: Combination | None, of: Configuration | None = None) -> Names:
    """Return all answers, and what follows from them: the defaults, but for those of a combination."""
    given: dict[str, Answer] = combination.answers if combination else {}
    found: Names = {}
    for name, question in questions(of).items():
        found[name] = given.get(name, default(question, found))
    return found


def default(question: Configuration, before: Names) -> Any:  # noqa: ANN401
    """Return what Copier takes for an answer that nobody gives."""
    found = question["default"]
    if isinstance(found, str):
        found = compiled(found).render(before)
    return found in (True, "True") if question["type"] == "bool" else found


def texts(question: Configuration) -> Iterator[tuple[str, str]]:
    """Yield what Copier renders of a question, by its kind."""
    for kind in ("ask", "when", "default", "help", "validator"):
        if isinstance(text := question.get(kind), str):
            yield kind, text
    for choice in question.get("choices", {}).items():
        yield "choices", str(choice)
