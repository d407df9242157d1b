"""What a person counts in a service before they choose it: dependencies, servers, settings."""

import functools
import tomllib
from collections.abc import Callable

from tests.absent import values
from tests.rendering import Tree
from tests.settings import of_env_example
from tests.tracing import Traced

Names = tuple[str, ...]


def _dependencies(tree: Tree) -> Names:
    return _declared(tree.read("pyproject.toml"))


@functools.cache
def _declared(project: str) -> Names:
    return tuple(tomllib.loads(project)["project"]["dependencies"])


def _servers(tree: Tree) -> Names:
    return tuple(values(tree.combination)["servers"].split())


def _settings(tree: Tree) -> Names:
    return tuple(of_env_example(Traced(tree)))


FACTS: dict[str, Callable[[Tree], Names]] = {
    "dependencies": _dependencies,
    "servers": _servers,
    "settings": _settings,
}


def facts(trees: list[Tree]) -> dict[str, dict[str, int]]:
    """Return for each kind what there is, sorted, with the services that have it."""
    found: dict[str, dict[str, int]] = {kind: {} for kind in FACTS}
    for kind, names in FACTS.items():
        for number, tree in enumerate(trees):
            for name in names(tree):
                found[kind][name] = found[kind].get(name, 0) | 1 << number
    return {kind: dict(sorted(each.items())) for kind, each in found.items()}
