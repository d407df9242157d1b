"""Environments and services share the bytecode of equal files, and of no others."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bytecode import date_by_content, keep_bytecode, share_bytecode
from tests.environments import clean_environ

pytestmark = pytest.mark.render


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return the path of a module in an installer's cache."""
    source = tmp_path / "cache.py"
    source.write_text("def place(): return 1, place.__code__.co_filename")
    return source


def test_the_same_file_is_compiled_once_and_still_knows_its_place(source: Path, tmp_path: Path) -> None:
    first, second = (linked(source, tmp_path / name) for name in ("first", "second"))
    assert imported(first) == f"(1, '{first}')"
    bytecode = compiled(second)
    assert imported(second) == f"(1, '{second}')"
    assert compiled(second) == bytecode


def test_another_file_of_the_same_name_time_and_size_has_bytecode_of_its_own(source: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text(source.read_text().replace("1", "2"))
    os.utime(other, ns=(source.stat().st_atime_ns, source.stat().st_mtime_ns))
    first, second = linked(source, tmp_path / "first"), linked(other, tmp_path / "second")
    assert imported(first) == f"(1, '{first}')"
    assert imported(second) == f"(2, '{second}')"


def test_a_service_in_the_place_of_another_is_compiled_where_it_differs(tmp_path: Path) -> None:
    module, kept = tmp_path / "service/package/module.py", tmp_path / "kept"
    texts = ["def place(): return 1, ''", "def place(): return 1, ''", "def place(): return 2, ''"]
    found: list[tuple[str, list[tuple[str, int]]]] = []
    for text in texts:
        module.parent.mkdir(parents=True)
        module.write_text(text)
        date_by_content(module.parent)
        keep_bytecode(module.parent, kept)
        found.append((imported(module), compiled(module)))
        shutil.rmtree(module.parent)
    assert [value for value, _ in found] == ["(1, '')", "(1, '')", "(2, '')"]
    assert found[0] == found[1] != found[2]


def linked(source: Path, packages: Path) -> Path:
    """Link the source as uv does, and return the installed path."""
    module = packages / "package/module.py"
    module.parent.mkdir(parents=True)
    module.hardlink_to(source)
    share_bytecode(packages, packages.with_name("bytecode"))
    return module


def imported(module: Path) -> str:
    program = (sys.executable, "-c", "from package.module import place; print(place())")
    environ = clean_environ(PYTHONPATH=str(module.parents[1]))
    return subprocess.run(program, env=environ, capture_output=True, text=True, check=True).stdout.strip()


def compiled(module: Path) -> list[tuple[str, int]]:
    files = sorted((module.parent / "__pycache__").iterdir())
    assert files, "nothing is compiled"
    return [(file.name, file.stat().st_ino) for file in files]
