"""What the page has of all services: each text once, with the condition on which a service has it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from explorer.conditions import Conditions
from explorer.facts import facts
from explorer.merging import parts
from explorer.naming import MARK, QUESTION, naming
from explorer.proved import Proved
from explorer.questions import asked, question, refusals
from tests.combinations import Combination, all_combinations, deciding_questions
from tests.rendering import Renderer, Tree

Data = dict[str, Any]
Entry = tuple[int, str]


def contents(repository: Path, version: str, source: str, proofs: Iterable[Proved] = ()) -> Data:
    """Return the data of the page for a version of a repository that Copier calls `source`."""
    renderer = Renderer(repository, version, source)
    trees = [renderer.tree(_with_a_mark(each)) for each in all_combinations()]
    conditions = Conditions([each.answers for each in all_combinations()])
    return {
        "source": source,
        "version": version,
        "name": naming(),
        "questions": [question(name, conditions.number(asked(name))) for name in deciding_questions()],
        "refusals": refusals(),
        "files": {path: _file(texts, conditions) for path, texts in _texts(trees).items()},
        "facts": {kind: _listed(names, conditions) for kind, names in facts(trees).items()},
        "proofs": [(each.words, conditions.number(each.default), conditions.number(each.every)) for each in proofs],
        "conditions": conditions.all(),  # the last one: what is above finds them
    }


def _with_a_mark(combination: Combination) -> Combination:
    return Combination((*combination.pairs, (QUESTION, MARK)))


def _texts(trees: list[Tree]) -> dict[str, dict[str, int]]:
    """Return the contents of each path, with the services that have them."""
    found: dict[str, dict[str, int]] = {}
    for number, tree in enumerate(trees):
        for path, text in tree.files.items():
            contents = found.setdefault(path, {})
            contents[text] = contents.get(text, 0) | 1 << number
    return dict(sorted(found.items()))


def _file(texts: dict[str, int], conditions: Conditions) -> tuple[int, list[Entry]]:
    """Return the condition on which a file is there, and its parts with theirs."""
    there = 0
    for services in texts.values():
        there |= services
    return conditions.number(there), [(conditions.number(services), text) for services, text in parts(texts)]


def _listed(names: dict[str, int], conditions: Conditions) -> list[Entry]:
    return [(conditions.number(services), name) for name, services in names.items()]
