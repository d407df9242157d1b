"""Which files and lines of a service belong to which answer: what the answer adds to a service with little else."""

import difflib
import functools
import re
from collections.abc import Mapping

from tests.combinations import ROOT, Answer, Combination, all_combinations, deciding_questions
from tests.rendering import RECORD, Tree

Trees = Mapping[Combination, Tree]
Given = tuple[str, Answer]
Line = tuple[str, str]

PAGE = ROOT / "docs/questions.md"
ALIAS = re.compile(r": \*\w+$")
HEAD = """# What each answer adds

This page lists the files that each answer adds to a service that has little else, and the lines that it adds to the
files of every service. What several answers add together, such as a job of the example, is not listed. A test
compares this page with what is rendered; `rm docs/questions.md && uv run pytest -m render -k page_says` writes it
again.
"""


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


def page(trees: Trees) -> str:
    sections = (_section(given, trees[without], trees[least(given)]) for given, without in additions().items())
    return "\n".join([HEAD, *sections])


def _section(given: Given, without: Tree, tree: Tree) -> str:
    before, after = _texts(without), _texts(tree)
    files = "\n".join(f"- `{name}`" for name in sorted(after.keys() - before.keys()))
    changed = [name for name in sorted(after.keys() & before.keys()) if before[name] != after[name]]
    lines = "\n".join(f"`{name}`:\n\n````diff\n{_diff(before[name], after[name])}\n````\n" for name in changed)
    question, answer = given
    return f"## `{question}: {str(answer).lower()}`\n\n{files}\n\n{lines}"


def _diff(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def _texts(tree: Tree) -> dict[str, str]:
    return {name: text for name, text in tree.files.items() if name != RECORD}


def _fullness(combination: Combination) -> int:
    return sum(answer not in ("none", False) for _, answer in combination.pairs)
