"""Run `copier update` in a committed service."""

import shutil
from pathlib import Path

import copier
from copier import VcsRef

from tests.combinations import Answers
from tests.rendering import Tree
from tests.template import git


def adopt(rendered: Path, destination: Path) -> Path:
    """Copy a rendered service and commit it, as its owner would."""
    shutil.copytree(rendered, destination)
    git(destination, "init", "--quiet", "--initial-branch", "main")
    commit(destination, "Start")
    return destination


def commit(service: Path, message: str) -> None:
    git(service, "add", "--all")
    git(service, "commit", "--quiet", "--message", message)


def change_answers(service: Path, answers: Answers) -> None:
    """Change answers without changing the version of the template."""
    update(service, answers, VcsRef.CURRENT)


def update(service: Path, answers: Answers, version: str | VcsRef | None = None) -> None:
    """Run `copier update` as a user does, without `--trust`. Without `version`, update to the newest one."""
    copier.run_update(service, data=dict(answers), defaults=True, overwrite=True, quiet=True, vcs_ref=version)


def tree(service: Path) -> dict[str, bytes | None]:
    """Return the content of a service by path: the bytes of files, and `None` for folders."""
    return {
        name: None if path.is_dir() else path.read_bytes()
        for path in sorted(service.rglob("*"))
        if not (name := path.relative_to(service).as_posix()).startswith(".git/") and name != ".git"
    }


def on_disk(rendered: Tree) -> dict[str, bytes | None]:
    """Return what `tree` returns, for a service that was rendered in memory."""
    return {name: text.encode() for name, text in rendered.files.items()} | dict.fromkeys(rendered.folders)
