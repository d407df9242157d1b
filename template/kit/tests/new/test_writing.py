"""Writing: all files or none, and never over others."""

from pathlib import Path
from typing import Any

import click
import pytest

from kit.new.writing import write
from kit.tests.new.conftest import written

TEXTS = {"app/one/a.py": "import os\nimport sys\nprint( sys.path )\n", "tests/one/b.txt": "as it is"}


def test_files_are_written_tidily(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(TEXTS, dry_run=False)
    assert (project / "app/one/a.py").read_text("utf-8") == "import sys\n\nprint(sys.path)\n"
    assert (project / "tests/one/b.txt").read_text("utf-8") == "as it is"
    assert capsys.readouterr().out == "Written:\n  app/one/a.py\n  tests/one/b.txt\n"


def test_a_dry_run_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "notes").write_text("one\n", "utf-8")
    write(TEXTS, {"notes": "two\n"}, dry_run=True)
    assert (written(project), (project / "notes").read_text("utf-8")) == (["notes"], "one\n")
    assert capsys.readouterr().out.startswith("Would write:\n  app/one/a.py\n")


def test_lines_are_added_to_files_that_exist(project: Path) -> None:
    (project / "notes").write_text("one\n", "utf-8")
    write({}, {"notes": "two\n", "deleted": "three\n"}, dry_run=False)
    assert (written(project), (project / "notes").read_text("utf-8")) == (["notes"], "one\ntwo\n")


def test_an_existing_file_is_refused_and_nothing_is_written(project: Path) -> None:
    (project / "tests/one").mkdir(parents=True)
    (project / "tests/one/b.txt").symlink_to("nowhere")
    before = written(project)
    with pytest.raises(click.ClickException, match=r"tests/one/b\.txt exists already"):
        write(TEXTS, dry_run=False)
    assert written(project) == before


def test_a_folder_that_leads_outside_is_refused(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (project / "tests").symlink_to(outside)
    with pytest.raises(click.ClickException, match="outside"):
        write(TEXTS, dry_run=False)
    assert (written(project), list(outside.iterdir())) == (["tests"], [])


def test_names_that_collide_are_refused(project: Path) -> None:
    with pytest.raises(click.ClickException, match="collide"):
        write({"a.py": "from one import Order\nfrom two import Order\n\nprint(Order)\n"}, dry_run=False)
    assert written(project) == []


@pytest.mark.parametrize("failing", ["a.py", "b.txt", "notes"])
def test_if_one_file_cannot_be_written_none_is(project: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    (project / "notes").write_text("one\n", "utf-8")
    write_text: Any = Path.write_text
    open_: Any = Path.open

    def open_or_fail(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == failing and "x" in arguments:
            raise OSError("the disk is full")
        return open_(path, *arguments, **options)

    def write_or_fail(path: Path, text: str, *arguments: Any, **options: Any) -> Any:
        if path.name == failing and text.endswith("two\n"):
            raise KeyboardInterrupt
        return write_text(path, text, *arguments, **options)

    monkeypatch.setattr(Path, "open", open_or_fail)
    monkeypatch.setattr(Path, "write_text", write_or_fail)
    with pytest.raises((OSError, KeyboardInterrupt)):
        write(TEXTS, {"notes": "two\n"}, dry_run=False)
    assert (written(project), (project / "notes").read_text("utf-8")) == (["notes"], "one\n")


def test_without_ruff_it_says_how_to_get_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.new.writing.find_spec", no_module)
    with pytest.raises(click.ClickException, match="uv sync"):
        write(TEXTS, dry_run=False)
    assert written(project) == []


def no_module(name: str) -> None:
    """Find no module."""
    del name
