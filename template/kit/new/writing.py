"""Writes new files: all of them or none, and never over others."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

import click

from kit.discovery import PROJECT_FOLDER

CHECKED_RULES = "A,F"  # names that hide those of Python or of another import, and imports that are not used


def write(texts: Mapping[str, str], *, dry_run: bool, folder: Path = PROJECT_FOLDER) -> None:
    """Tidy the texts, write them to new files below the folder, and list these; a dry run only lists them."""
    _refuse_existing(folder, texts)
    tidy = {name: tidied(name, text) for name, text in texts.items()}
    if not dry_run:
        _write_all({folder / name: text for name, text in tidy.items()})
    click.echo("Would write:" if dry_run else "Written:")
    for name in tidy:
        click.echo(f"  {name}")


def tidied(name: str, text: str) -> str:
    """Return a module without imports that it does not need, as ruff formats it; refuse what the names make wrong."""
    if not name.endswith(".py"):
        return text
    if not find_spec("ruff"):
        raise click.ClickException("ruff, which formats the new files, is not installed here: run `uv sync`")
    fixed = _ruff(text, "check", "--fix", "--select", CHECKED_RULES, "--output-format", "concise", name=name)
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


def _write_all(texts: Mapping[Path, str]) -> None:
    made: list[Path] = []
    try:
        for path, text in texts.items():
            _make_folders(path.parent, made)
            with path.open("x", encoding="utf-8") as file:
                made.append(path)
                file.write(text)
    except BaseException:
        for path in reversed(made):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()
        raise


def _make_folders(folder: Path, made: list[Path]) -> None:
    if not folder.is_dir():
        _make_folders(folder.parent, made)
        folder.mkdir()
        made.append(folder)
