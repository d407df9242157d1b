"""Fixtures for the commands that write new parts: they write into an empty project."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kit.new.group import new

Make = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("kit.new.writing.PROJECT_FOLDER", tmp_path)
    return tmp_path


@pytest.fixture
def make(project: Path) -> Make:
    """Return a function that runs `python -m kit new` with these arguments."""
    del project
    return lambda *arguments: CliRunner().invoke(new, arguments)


def written(project: Path) -> list[str]:
    """Return the paths of all files and folders."""
    return sorted(
        path.relative_to(project).as_posix() for path in project.rglob("*") if ".ruff_cache" not in path.parts
    )
