"""A service that somebody has committed, and `copier update` in it."""

import shutil
from pathlib import Path

import copier
from copier import VcsRef

from tests.combinations import Answers
from tests.rendering import Tree
from tests.template import git


def adopt(rendered: Path, destination: Path) -> Path:
    """Copy a rendered service and commit it, as its owner does first."""
    shutil.copytree(rendered, destination)
    git(destination, "init", "--quiet", "--initial-branch", "main")
    commit(destination, "Start")
    return destination


def commit(service: Path, message: str) -> None:
    git(service, "add", "--all")
    git(service, "commit", "--quiet", "--message", message)


def change_answers(service: Path, answers: Answers) -> None:
    """Answer differently, with the version of the template that the service has."""
    update(service, answers, VcsRef.CURRENT)


def update(service: Path, answers: Answers, version: str | VcsRef | None = None) -> None:
    """Run `copier update` as a user does: without `--trust`; `version` is the newest one if it is not given."""
    copier.run_update(service, data=dict(answers), defaults=True, overwrite=True, quiet=True, vcs_ref=version)


def tree(service: Path) -> dict[str, bytes | None]:
    """Return what is in a service, by path: what files hold, and `None` for folders."""
    return {
        name: None if path.is_dir() else path.read_bytes()
        for path in sorted(service.rglob("*"))
        if not (name := path.relative_to(service).as_posix()).startswith(".git/") and name != ".git"
    }


def on_disk(rendered: Tree) -> dict[str, bytes | None]:
    """Return what `tree` finds of a service that was rendered in memory."""
    return {name: text.encode() for name, text in rendered.files.items()} | dict.fromkeys(rendered.folders)
