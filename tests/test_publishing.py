"""A release can be published: the commands of its workflow run, but for the service that only GitHub has."""

import json
import os
import subprocess
import tarfile
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.combinations import ROOT
from tests.template import copy_working_tree, git

pytestmark = pytest.mark.render

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
STEPS = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))["jobs"]["release"]["steps"]
COMMANDS = [step["run"] for step in STEPS if "run" in step]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a repository at the tag, beside a `gh` that keeps its arguments."""
    copy_working_tree(tmp_path / "clone")
    for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "A release"]):
        git(tmp_path / "clone", *arguments)
    (tmp_path / "gh").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{tmp_path}/said\n')
    (tmp_path / "gh").chmod(0o755)
    return tmp_path / "clone"


def publish(clone: Path, tag: str) -> "subprocess.CompletedProcess[str]":
    path = f"{clone.parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", "\n".join(COMMANDS)],
        cwd=clone,
        env={**os.environ, "PATH": path, "GITHUB_REF_NAME": tag, "GH_TOKEN": ""},
        check=False,
        capture_output=True,
        text=True,
    )


def test_a_release_has_notes_an_archive_and_a_bill_of_materials(clone: Path) -> None:
    run = publish(clone, f"v{VERSION}")
    assert run.returncode == 0, run.stderr
    files = [f"dist/slipway-{VERSION}.cdx.json", f"dist/slipway-{VERSION}.tar.gz"]
    assert (clone.parent / "said").read_text("utf-8").split()[:5] == ["release", "create", f"v{VERSION}", *files]
    assert "### Added" in (clone / "notes.md").read_text("utf-8")
    with tarfile.open(clone / files[1]) as archive:
        assert f"slipway-{VERSION}/copier.yml" in archive.getnames()
    materials = {each["name"] for each in json.loads((clone / files[0]).read_text("utf-8"))["components"]}
    assert {"fastapi", "sqlalchemy", "pymongo", "lmdb", "taskiq"} <= materials
    assert "pytest" not in materials


def test_a_tag_that_is_not_the_version_publishes_nothing(clone: Path) -> None:
    assert publish(clone, "v99.0.0").returncode != 0
    assert not (clone.parent / "said").exists()
