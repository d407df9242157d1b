"""Writes new files: all of them or none, and never over others."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

import click

from kit.discovery import PROJECT_FOLDER

# Names that hide those of Python or of another import, imports that are not used, and the order of imports.
CHECKED = ("--select=A,F,I", "--config=lint.isort.known-first-party=['app', 'kit', 'tests']")


def write(texts: Mapping[str, str], added: Mapping[str, str] | None = None, *, dry_run: bool) -> None:
    """Tidy the texts, write them to new files, add lines at the end of others, and list them all.

    A dry run only lists them. Files to which lines would be added and that the owner has deleted are left out.
    """
    folder = PROJECT_FOLDER
    _refuse_existing(folder, texts)
    tidy = {folder / name: tidied(name, text) for name, text in texts.items()}
    longer = {path: text for name, text in (added or {}).items() if (path := folder / name).is_file()}
    if not dry_run:
        _write_all(tidy, longer)
    for verb, paths in (("Would write" if dry_run else "Written", tidy), ("Lines at the end", longer)):
        if paths:
            click.echo("\n  ".join([f"{verb}:", *(path.relative_to(folder).as_posix() for path in paths)]))


def tidied(name: str, text: str) -> str:
    """Return a module without imports that it does not need, as ruff formats it; refuse what the names make wrong."""
    if not name.endswith(".py"):
        return text
    if not find_spec("ruff"):
        raise click.ClickException("ruff, which formats the new files, is not installed here: run `uv sync`")
    fixed = _ruff(text, "check", "--fix", *CHECKED, "--output-format", "concise", name=name)
    if fixed.returncode:
        raise click.ClickException(f"Use other names: these collide in the new code.\n{fixed.stderr.strip()}")
    return _ruff(fixed.stdout, "format", name=name).stdout


def _ruff(text: str, command: str, *options: str, name: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - the project's own ruff
        [sys.executable, "-m", "ruff", command, "--quiet", *options, "--stdin-filename", name, "-"],
        cwd=PROJECT_FOLDER,
        input=text,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def _refuse_existing(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        if os.path.lexists(folder / name):
            raise click.ClickException(f"Use another name: {name} exists already.")
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            raise click.ClickException(f"Replace the link to {(folder / name).resolve().parent}, which is outside.")


def _write_all(texts: Mapping[Path, str], added: Mapping[Path, str]) -> None:
    made: list[Path] = []
    before = {path: path.read_text("utf-8") for path in added}
    try:
        for path, text in texts.items():
            _make_folders(path.parent, made)
            with path.open("x", encoding="utf-8") as file:
                made.append(path)
                file.write(text)
        for path, text in added.items():
            path.write_text(before[path] + text, "utf-8")
    except BaseException:
        for path in reversed(made):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()
        for path, text in before.items():
            path.write_text(text, "utf-8")
        raise


def _make_folders(folder: Path, made: list[Path]) -> None:
    if not folder.is_dir():
        _make_folders(folder.parent, made)
        folder.mkdir()
        made.append(folder)
