"""Every combination, rendered: nothing of the template and nothing that was not asked for is left in it."""

import ast
import re
import tomllib
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import pytest
import yaml

from tests import settings
from tests.checking import ruff
from tests.template import Service
from tests.vocabulary import WORDS, foreign_words

pytestmark = pytest.mark.render

# What is found by its name, not by an import.
DISCOVERED = re.compile(r"\.(__main__|main|settings|commands|routes|model\w*|jobs(\.\w+)?)$")
# What the owner runs; no test imports it.
TOOLS = {"fastapi-cli", "granian", "prek", "pyright", "pytest-cov", "ruff"}
MARKERS = ("# {%", "# {#", "{@", "@}")


def test_it_records_exactly_the_answers(service: Service) -> None:
    recorded = yaml.safe_load(service.read(".copier-answers.yml"))
    deciding = {name: recorded[name] for name in recorded.keys() & service.answers.keys()}
    assert deciding == service.answers


def test_no_marker_of_the_template_is_left(service: Service) -> None:
    left = [(path.name, marker) for path in service.files() for marker in MARKERS if marker in path.read_text("utf-8")]
    assert left == []


def test_no_folder_is_empty_and_no_text_ends_ragged(service: Service) -> None:
    empty = [path for path in service.path.rglob("*") if path.is_dir() and not any(path.iterdir())]
    ragged = [path for path in service.files() if not re.search(r"(\A|[^\n]\n)\Z", path.read_text("utf-8"))]
    assert (empty, ragged) == ([], [])


def test_nothing_speaks_of_what_was_not_chosen(service: Service) -> None:
    found = {word: places for word in foreign_words(service.answers) if (places := _places(service, word))}
    assert not found, found


def test_every_module_is_imported_or_found_by_its_name(service: Service) -> None:
    modules = {_module(path, service.path): path for path in (service.path / "app").rglob("*.py")}
    found = {name for module in modules if DISCOVERED.search(module) for name in _with_packages(module)}
    imported = {name for path in modules.values() for name in _imports(path)}
    assert len(found & modules.keys()) >= len(DISCOVERED.pattern.split("|"))
    dead = modules.keys() - imported - found
    assert not dead, dead


def test_each_development_dependency_is_a_tool_or_imported_by_the_tests(service: Service) -> None:
    groups = tomllib.loads(service.read("pyproject.toml"))["dependency-groups"]
    declared = {re.split(r"[\[<>=;]", dependency)[0] for dependency in groups["dev"]}
    imported = {name for path in (service.path / "tests").rglob("*.py") for name in _imports(path)}
    assert "pytest" in imported
    assert {name for name in declared - TOOLS if name.replace("-", "_") not in imported} == set()


def test_settings_are_the_same_in_code_env_example_and_readme(service: Service) -> None:
    classes = settings.of_classes(service.path)
    assert {"ENVIRONMENT", "SECRET_KEY"} <= classes
    for documented in (settings.of_env_example(service.path), settings.of_readme(service.path)):
        unknown, missing = documented - classes, settings.heads(classes) - settings.heads(documented)
        assert not unknown | missing, (unknown, missing)


def test_compose_and_kubernetes_set_only_settings_that_exist(service: Service) -> None:
    classes = settings.of_classes(service.path)
    compose, kubernetes = settings.of_compose(service.path), settings.of_kubernetes(service.path)
    assert "ENVIRONMENT" in compose & kubernetes
    assert (compose - classes, kubernetes - classes) == (set(), set())


def test_ruff_finds_nothing_and_would_format_nothing(service: Service) -> None:
    found = ruff(service.path)
    assert not found, found


def test_each_file_of_the_template_is_in_some_service(services: list[Service], template: Path) -> None:
    source = template / "template"
    files = {path.relative_to(source) for path in source.rglob("*") if path.is_file() and "{@" not in path.name}
    rendered = {path.relative_to(service.path) for service in services for path in service.files()}
    assert files - rendered == set()


@pytest.mark.parametrize("word", WORDS)
def test_each_word_of_the_vocabulary_is_still_in_use(word: str, services: list[Service]) -> None:
    chosen = [service for service in services if word not in foreign_words(service.answers)]
    assert any(_places(service, word) for service in chosen)


def _places(service: Service, word: str) -> list[str]:
    """Return the files whose name or content has the word; the record of the answers is not about anything."""
    texts = {str(path.relative_to(service.path)): path.read_text("utf-8") for path in service.files()}
    del texts[".copier-answers.yml"]
    return [name for name, text in texts.items() if re.search(word, f"{name}\n{text}", re.IGNORECASE)]


def _module(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path) -> Iterator[str]:
    """Yield the absolute names that a module imports, each with the packages that importing it runs."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            yield from _with_packages(name)


def _with_packages(module: str) -> Iterator[str]:
    return accumulate(module.split("."), "{}.{}".format)
