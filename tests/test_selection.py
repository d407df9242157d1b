"""The default run leaves out a module of own tests only where another service has run the same code."""

import pytest

from tests.array import covering_array
from tests.combinations import all_combinations
from tests.covering import TESTS
from tests.rendering import Tree
from tests.selection import MODULE, code_of_modules, own_tests

pytestmark = [pytest.mark.render, pytest.mark.quick]

FILES = {
    "kit/clock.py": "from kit.zones import UTC",
    "kit/zones.py": "UTC = 0",
    "kit/log.py": "LEVEL = 1",
    "kit/testing/frozen.py": "import pytest\n\n@pytest.fixture\ndef frozen(): ...",
    "kit/tests/test_clock.py": "from kit import clock\n\ndef test_it(frozen): ...",
    "kit/tests/test_log.py": "import pytest\nfrom kit import log\n\npytestmark = pytest.mark.usefixtures('frozen')",
    "kit/tests/health/test_routes.py": "",
    "tests/test_api.py": "",
}
LARGEST, SMALL = all_combinations()[:2]
ALWAYS = {"kit/tests/health/test_routes.py", "tests/test_api.py"}


def selected(**changes: str) -> set[str]:
    """Return what a service runs after a larger one that has the same files but for these changes."""
    changed = {name: changes.get(name.replace("/", "_").removesuffix(".py"), text) for name, text in FILES.items()}
    largest = Tree(LARGEST, FILES | {"kit/more.py": ""}, frozenset())
    chosen = own_tests([Tree(SMALL, changed, frozenset()), largest])
    assert chosen[LARGEST] == TESTS
    return set(chosen[SMALL])


def test_the_same_code_is_tested_once() -> None:
    assert selected() == ALWAYS


@pytest.mark.parametrize("name", ["kit_tests_test_clock", "kit_clock", "kit_zones"])
def test_code_that_differs_is_tested_again(name: str) -> None:
    assert selected(**{name: "OTHER = 2"}) == {"kit/tests/test_clock.py", *ALWAYS}


def test_a_fixture_that_differs_is_code_that_differs() -> None:
    other = FILES["kit/testing/frozen.py"] + "\nOTHER = 2"
    assert selected(kit_testing_frozen=other) == {"kit/tests/test_clock.py", "kit/tests/test_log.py", *ALWAYS}


def test_no_code_of_the_covering_array_is_left_untested(trees: list[Tree]) -> None:
    services = [tree for tree in trees if tree.combination in covering_array()]
    chosen = own_tests(services)
    tested, needed = set[tuple[str, int]](), set[tuple[str, int]]()
    for tree in services:
        modules = code_of_modules(tree)
        run = chosen[tree.combination]
        tested |= {(name, code) for name, code in modules.items() if name in run or run == TESTS}
        needed |= set(modules.items())
        assert set(modules) == {name for name in tree.files if MODULE.fullmatch(name)}
    assert tested == needed
    assert sum(map(len, chosen.values())) < sum(len(code_of_modules(tree)) for tree in services) / 2
