"""Every combination, rendered: no marker of the template is left in it, and nothing that was not asked for."""

import functools
import re
import tomllib
from collections import defaultdict
from itertools import accumulate
from pathlib import Path

import pytest
import yaml

from tests import settings
from tests.checking import ruff
from tests.contents import Gathering, distinct
from tests.covering import COVERAGE
from tests.imports import imported_names
from tests.layout import TESTS, service_code
from tests.rendering import RECORD, Tree, questions_of
from tests.tracing import Traced, describe, for_each_service
from tests.vocabulary import WORDS, foreign_words, words_in

pytestmark = [pytest.mark.render, pytest.mark.quick]

# Modules that are found by their names, not by imports.
DISCOVERED = re.compile(
    r"\.(__main__|main|settings|commands?|shell|routes|policy|key_owners|model\w*|api|jobs(\.\w+)?|observed\.\w+)$"
)
# Modules that the owner runs; no test imports them.
TOOLS = {"fastapi-cli", "granian", "import-linter", "prek", "pyright", "pytest-cov", "pytest-xdist", "ruff"}
MARKERS = ("# {%", "# {#", "{@", "@}")
# The only Python file that can depend on more than three answers.
COMPOSITION_ROOT = "app/main.py"
# Every answer that needs a server brings these files; their text is the same for all of them.
OF_SERVERS = ("kit/testing/local/", "kit/tests/test_testing_local.py")


@for_each_service
def test_it_records_exactly_the_answers(service: Traced) -> None:
    recorded = yaml.safe_load(service.read(RECORD))
    deciding = {name: recorded[name] for name in recorded.keys() & service.answers.keys()}
    assert deciding == dict(service.answers)


def test_no_marker_of_the_template_is_left(trees: list[Tree]) -> None:
    assert [(each.where, marker) for each in distinct(trees) for marker in MARKERS if marker in each.text] == []


def test_no_folder_is_empty_and_no_text_ends_ragged(trees: list[Tree]) -> None:
    empty = [(tree.id, each) for tree in trees for each in tree.folders if not tree.names(f"{each}/")]
    ragged = [each.where for each in distinct(trees) if not re.search(r"(\A|[^\n]\n)\Z", each.text)]
    assert (empty, ragged) == ([], [])


def test_no_file_mentions_an_answer_that_was_not_given(trees: list[Tree]) -> None:
    failed = defaultdict[str, list[str]](list)
    for tree in trees:
        foreign = foreign_words(tree.answers)
        for name, text in tree.files.items():
            if name != RECORD and (found := words_in(name, text) & foreign):
                failed[f"{name}: {sorted(found)}"].append(tree.id)
    assert not failed, describe(failed)


@pytest.mark.parametrize("word", WORDS)
def test_each_word_of_the_vocabulary_is_still_in_use(word: str, trees: list[Tree]) -> None:
    chosen = [tree for tree in trees if word not in foreign_words(tree.answers)]
    assert any(word in words_in(name, text) for tree in chosen for name, text in tree.files.items() if name != RECORD)


def test_a_python_file_depends_on_at_most_three_answers(trees: list[Tree]) -> None:
    python = {name: questions for name, questions in questions_of(trees).items() if name.endswith(".py")}
    assert COMPOSITION_ROOT in python
    tangled = {name: sorted(questions) for name, questions in python.items() if len(questions) > 3}
    # A revision that joins others is there if they are, and has no code.
    allowed = {name for name in tangled if name.startswith(OF_SERVERS) or "_join_" in name}
    assert tangled.keys() - allowed <= {COMPOSITION_ROOT}, tangled


@for_each_service
def test_every_module_is_imported_or_found_by_its_name(service: Traced) -> None:
    modules = {_module(name): name for name in service_code(service)}
    found = {name for module in modules if DISCOVERED.search(module) for name in _with_packages(module)}
    imported = {name for path in modules.values() for name in _imports(service.read(path))}
    assert len(found & modules.keys()) >= len(DISCOVERED.pattern.split("|"))
    dead = modules.keys() - imported - found
    assert not dead, dead


@for_each_service
def test_each_development_dependency_is_a_tool_or_imported_by_the_tests(service: Traced) -> None:
    groups = tomllib.loads(service.read("pyproject.toml"))["dependency-groups"]
    declared = {re.split(r"[\[<>=;]", dependency)[0] for dependency in groups["dev"]}
    tests = [name for root in TESTS for name in service.names(root) if name.endswith(".py")]
    imported = {name for path in tests for name in _imports(service.read(path))}
    assert "pytest" in imported
    assert {name for name in declared - TOOLS if name.replace("-", "_") not in imported} == set()


@for_each_service
def test_its_coverage_gate_has_no_holes(service: Traced) -> None:
    coverage = tomllib.loads(service.read("pyproject.toml"))["tool"]["coverage"]
    assert coverage["report"]["fail_under"] >= COVERAGE
    assert coverage["run"]["branch"] is True
    assert "omit" not in str(coverage)
    assert "exclude" not in str(coverage)


def test_no_line_is_left_out_of_the_coverage(trees: list[Tree]) -> None:
    assert [each.where for each in distinct(trees) if "pragma: no cover" in each.text] == []


@for_each_service
def test_settings_are_the_same_in_code_env_example_and_readme(service: Traced) -> None:
    classes = settings.of_classes(service)
    assert {"ENVIRONMENT", "SECRET_KEY"} <= classes
    for documented in (settings.of_env_example(service), settings.of_readme(service)):
        unknown, missing = documented - classes, settings.heads(classes) - settings.heads(documented)
        assert not unknown | missing, (unknown, missing)


@for_each_service
def test_compose_and_kubernetes_set_only_settings_that_exist(service: Traced) -> None:
    classes = settings.of_classes(service)
    compose, kubernetes = settings.of_compose(service), settings.of_kubernetes(service)
    assert "ENVIRONMENT" in compose & kubernetes
    assert (compose - classes, kubernetes - classes) == (set(), set())


def test_ruff_finds_nothing_and_would_format_nothing(trees: list[Tree], tmp_path: Path) -> None:
    gathering = Gathering(tmp_path, distinct(trees, ".py", "pyproject.toml"))
    assert len({tomllib.loads(tree.read("pyproject.toml"))["tool"]["ruff"].__repr__() for tree in trees}) == 1
    found = ruff(tmp_path, *gathering.paths)
    assert not found, found


def test_each_file_of_the_template_is_in_some_service(trees: list[Tree], template: Path) -> None:
    source = template / "template"
    files = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    rendered = {name for tree in trees for name in tree.files}
    assert {name for name in files - rendered if "{@" not in name} == set()


def _module(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@functools.cache
def _imports(text: str) -> frozenset[str]:
    """Return the absolute names that a module imports, each with the packages that the import runs."""
    return frozenset(name for each in imported_names(text) for name in _with_packages(each))


@functools.cache
def _with_packages(module: str) -> tuple[str, ...]:
    return tuple(accumulate(module.split("."), "{}.{}".format))
