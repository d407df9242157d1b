"""In every combination the kit does not import the application, and the kit's README lists what it exports."""

import ast
import functools
import re

import pytest

from tests.tracing import Traced, for_each_service

pytestmark = [pytest.mark.render, pytest.mark.quick]

ROW = re.compile(r"^\| `kit\.(\w+)` \|[^|]*\| (.*) \|$", re.MULTILINE)
# The parts of the kit other than its public packages: tests, fixtures, discovery, commands, and what features share.
INTERNAL = {
    *("__init__", "discovery", "log_files", "upserts", "testing", "tests"),
    *("background", "process_lock", "redis_url", "route_table", "server", "__main__", "new", "update"),
}


@for_each_service
def test_the_readme_of_the_kit_lists_what_its_packages_export(service: Traced) -> None:
    listed = {name: re.findall(r"`(\w+)`", names) for name, names in ROW.findall(service.read("kit/README.md"))}
    assert listed == {name: sorted(names) for name, names in exported(service).items()}


@for_each_service
def test_the_kit_does_not_import_the_application(service: Traced) -> None:
    files = [name for name in service.names("kit/") if name.endswith(".py")]
    assert len(files) > 50
    assert [name for name in files if "app" in roots_of(service.read(name))] == []


@for_each_service
def test_fixtures_are_in_the_testing_package_and_import_no_tests(service: Traced) -> None:
    plugins = re.findall(r'"-p ?([\w.]+)"', service.read("pyproject.toml"))
    assert plugins
    assert [each for each in plugins if not each.startswith("kit.testing.")] == []
    files = [name for name in service.names("kit/testing/") if name.endswith(".py")]
    taken = [(name, *each) for name in files for each in taken_from_kit(service.read(name))]
    assert taken
    assert [each for each in taken if f"{each[1]}.{each[2]}.".startswith("kit.tests.")] == []


@for_each_service
def test_the_application_imports_only_what_the_kit_exports(service: Traced) -> None:
    exports = exported(service)
    files = [name for root in ("app/", "tests/", "migrations/") for name in service.names(root) if name.endswith(".py")]
    taken = [(name, *each) for name in files for each in taken_from_kit(service.read(name))]
    foreign = [each for each in taken if not is_exported(exports, *each)]
    assert taken
    assert foreign == []


def exported(service: Traced) -> dict[str, list[str]]:
    """Return the names in `__all__` of each module and package directly below the kit."""
    names = [name for name in service.names("kit/") if re.fullmatch(r"kit/(\w+\.py|\w+/__init__\.py)", name)]
    modules = {name.removeprefix("kit/").partition("/")[0].removesuffix(".py"): name for name in names}
    return {module: listed_in(service.read(name)) for module, name in modules.items() if module not in INTERNAL}


def is_exported(exports: dict[str, list[str]], file: str, module: str, name: str) -> bool:
    """Whether the kit exports a name. The composition root can also import engines, and tests can import fixtures."""
    package, _, rest = module.removeprefix("kit").removeprefix(".").partition(".")
    if package == "testing" and file.startswith("tests/"):
        return True
    if not package:
        return name in exports
    return not rest and (
        name in exports[package] or (file == "app/main.py" and package in ("auth", "scheduler", "store"))
    )


@functools.cache
def listed_in(text: str) -> list[str]:
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return ast.literal_eval(node.value)
    return []


@functools.cache
def taken_from_kit(text: str) -> list[tuple[str, str]]:
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    modules = [(node.module or "", alias.name) for node in found for alias in node.names]
    return [(module, name) for module, name in modules if module.split(".")[0] == "kit"]


@functools.cache
def roots_of(text: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(text)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names}
