"""Which modules of its own tests each service of the default run runs: those whose code no other service has run.

A module of the kit's tests depends on the files that it, its fixtures and what they import consist of. If an earlier
service has the same files, the module passes there or nowhere. Modules that look at all that a service has run in each.
"""

import ast
import functools
import re
from collections.abc import Iterable, Mapping

from tests.combinations import Combination
from tests.covering import TESTS
from tests.imports import closures
from tests.rendering import Tree

MODULE = re.compile(r"(kit/)?tests/(.*/)?test_\w+\.py")
# The owner's tests, and those that walk over all routes, checks or settings of the service.
OF_ALL = re.compile(r"tests/|kit/tests/(.*/test_operations|health/test_routes|test_settings_audit)\.py")

Selection = Mapping[Combination, tuple[str, ...]]


def own_tests(trees: Iterable[Tree]) -> Selection:
    """Return what each service runs of its tests; the service with the most files comes first and runs all of them."""
    seen: set[tuple[str, int]] = set()
    chosen: dict[Combination, tuple[str, ...]] = {}
    for tree in sorted(trees, key=lambda tree: -len(tree.files)):
        modules = set(code_of_modules(tree).items())
        new = sorted(name for name, code in modules if (name, code) not in seen or OF_ALL.match(name))
        chosen[tree.combination] = tuple(new) if seen else TESTS
        seen |= modules
    return chosen


def code_of_modules(tree: Tree) -> dict[str, int]:
    """Return, for each test module, a number for everything that it, its fixtures and their imports consist of."""
    python = {name: text for name, text in tree.files.items() if name.endswith(".py")}
    fixtures = {name: _fixtures(text) for name, text in python.items() if _has_fixtures(name)}
    linked = {name: text + _imports_of_fixtures(name, text, fixtures) for name, text in python.items()}
    return {name: code for name, code in closures(linked).items() if MODULE.fullmatch(name)}


def _imports_of_fixtures(name: str, text: str, fixtures: Mapping[str, frozenset[str]]) -> str:
    """Return imports of the modules in which the fixtures of a module are, which pytest finds by their names."""
    asked = _parameters(text)
    homes = (home for home, made in fixtures.items() if home != name and made & asked and _is_visible(home, name))
    return "".join(f"\nimport {home.removesuffix('.py').replace('/', '.')}" for home in homes)


def _has_fixtures(name: str) -> bool:
    return name.startswith("kit/testing/") or name.endswith("conftest.py")


def _is_visible(home: str, name: str) -> bool:
    return home.startswith("kit/testing/") or name.startswith(home.removesuffix("conftest.py"))


@functools.cache
def _fixtures(text: str) -> frozenset[str]:
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(each.name for each in functions if "pytest.fixture" in map(_name, each.decorator_list))


def _name(decorator: ast.expr) -> str:
    return ast.unparse(decorator).partition("(")[0]


@functools.cache
def _parameters(text: str) -> frozenset[str]:
    """Return the names of all parameters, and of the fixtures that a module asks for by a text."""
    nodes = list(ast.walk(ast.parse(text)))
    by_text = (node.args for node in nodes if isinstance(node, ast.Call) and _asks(node.func))
    texts = {str(each.value) for arguments in by_text for each in arguments if isinstance(each, ast.Constant)}
    return frozenset(texts | {node.arg for node in nodes if isinstance(node, ast.arg)})


def _asks(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr in ("usefixtures", "getfixturevalue")
