"""The lowest versions that are declared are what they say, and old enough to wait before a new one is taken."""

import subprocess
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from tests.combinations import ROOT, configuration
from tests.sharing import made_once
from tests.template import TEMPLATE

pytestmark = pytest.mark.render

AGE = timedelta(days=30)
PROJECTS = {"template": TEMPLATE, "repository": ROOT}
LINUX = [*(f"manylinux_2_{minor}_x86_64" for minor in range(40, 4, -1)), "manylinux2014_x86_64", "manylinux1_x86_64"]
OFFERED = [f"3.{minor}" for minor in range(11, 30) if f'"3.{minor}"' in configuration()["python_version"]["validator"]]

Package = dict[str, Any]


def locked(run_folder: Path, project: str, *options: str) -> dict[str, Package]:
    """Return the packages of a fresh lock by their names; the template's has the dependencies of all answers."""

    def make(folder: Path) -> None:
        folder.mkdir()
        (folder / "pyproject.toml").write_bytes((PROJECTS[project] / "pyproject.toml").read_bytes())
        run = subprocess.run(
            ["uv", "lock", "--quiet", *options], cwd=folder, check=False, capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr

    folder = made_once(run_folder / f"{project} {' '.join(options)}", make)
    return {each["name"]: each for each in tomllib.loads((folder / "uv.lock").read_text("utf-8"))["package"]}


def declared(project: str) -> Iterator[Requirement]:
    tables = tomllib.loads((PROJECTS[project] / "pyproject.toml").read_text("utf-8"))
    yield from map(Requirement, tables["project"]["dependencies"] + tables["dependency-groups"]["dev"])


@pytest.mark.parametrize("project", PROJECTS)
def test_the_lowest_versions_are_thirty_days_old(project: str, run_folder: Path) -> None:
    lowest = locked(run_folder, project, "--resolution=lowest-direct")
    young: list[str] = []
    for requirement in declared(project):
        package = lowest[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(package["version"])
        uploaded = min(datetime.fromisoformat(wheel["upload-time"]) for wheel in package["wheels"])
        young += [f"{requirement}: {uploaded:%Y-%m-%d}"] if datetime.now(UTC) - uploaded < AGE else []
    assert young == []


def test_the_lowest_versions_go_together(run_folder: Path) -> None:
    """A bound below what the others need would be a version that no test has run."""
    lowest = locked(run_folder, "template", "--resolution=lowest-direct")
    bounds = {
        canonicalize_name(each.name): next(part.version for part in each.specifier if part.operator == ">=")
        for each in declared("template")
    }
    assert {name: Version(lowest[name]["version"]) for name in bounds} == {
        name: Version(bound) for name, bound in bounds.items()
    }


@pytest.mark.parametrize("project", PROJECTS)
def test_versions_of_thirty_days_ago_are_enough(project: str, run_folder: Path) -> None:
    assert locked(run_folder, project, "--exclude-newer=30 days")


@pytest.mark.parametrize("python", OFFERED)
def test_each_python_that_is_offered_has_wheels_of_all_dependencies(python: str, run_folder: Path) -> None:
    assert without_wheels(run_folder, python) == []


@pytest.mark.nightly
def test_no_further_python_has_wheels_of_all_dependencies(run_folder: Path) -> None:
    """If this fails, offer the next Python in copier.yml, and test it in the workflow."""
    following = f"3.{int(OFFERED[-1].removeprefix('3.')) + 1}"
    assert without_wheels(run_folder, following)


def without_wheels(run_folder: Path, python: str) -> list[str]:
    """Return the packages of the template's lock that this Python would have to build on Linux."""
    accepted = tags(python)
    packages = locked(run_folder, "template", "--exclude-newer=7 days").values()
    unused = {
        canonicalize_name(each.name)
        for each in declared("template")
        if each.marker and not each.marker.evaluate({"python_version": python})
    }
    needed = [each for each in packages if "registry" in each["source"] and each["name"] not in unused]
    return [each["name"] for each in needed if not fits(each, accepted)]


def fits(package: Package, accepted: set[Tag]) -> bool:
    names = [wheel["url"].rpartition("/")[2] for wheel in package.get("wheels", ())]
    only_elsewhere = bool(names) and all("-win" in name or "-macosx" in name for name in names)
    return only_elsewhere or any(parse_wheel_filename(name)[3] & accepted for name in names)


def tags(python: str) -> set[Tag]:
    version = tuple(map(int, python.split(".")))
    return {
        *cpython_tags(version, platforms=LINUX),
        *compatible_tags(version, f"cp{python.replace('.', '')}", platforms=LINUX),
    }
