"""Every combination declares what it imports and imports what it declares; deptry confirms it for those that run."""

import functools
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.checking import NEWER, UNIMPORTED
from tests.environments import environment_of
from tests.imports import imported_names
from tests.layout import service_code
from tests.template import TEMPLATE
from tests.tracing import Traced, for_each_service

pytestmark = pytest.mark.render

OWN = {"app", "kit"}
# Prints the distributions of each module in the environment that runs this.
PROVIDERS = "import json; from importlib.metadata import packages_distributions as p; print(json.dumps(p()))"


@pytest.fixture(scope="module")
def providers(run_folder: Path) -> Mapping[str, list[str]]:
    """Return the distributions of each module, in the environment with all dependencies."""
    environment = environment_of(TEMPLATE, run_folder / "environments")
    printed = environment.run("-c", PROVIDERS, cwd=run_folder).stdout
    return {module: [_normal(name) for name in names] for module, names in yaml.safe_load(printed).items()}


@for_each_service
def test_it_declares_what_it_imports_and_imports_what_it_declares(
    service: Traced, providers: Mapping[str, list[str]]
) -> None:
    project = tomllib.loads(service.read("pyproject.toml"))["project"]
    declared = {_normal(re.split(r"[\[<>=;]", each)[0]) for each in project["dependencies"]}
    imported = {name for file in service_code(service) for name in _foreign(service.read(file))}
    used = {name for module in imported for name in providers.get(module, [f"nobody, for {module}"])}
    undeclared = {module for module in imported if not declared & set(providers.get(module, ()))}
    assert len(imported) > 5
    assert (undeclared, declared - used - UNIMPORTED.keys()) == (set(), set())


@functools.cache  # most services have the same text
def _foreign(text: str) -> frozenset[str]:
    roots = frozenset(name.split(".")[0] for name in imported_names(text))
    return roots - OWN - NEWER - sys.stdlib_module_names


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
