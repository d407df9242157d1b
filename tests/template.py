"""The template in the working tree, as Copier sees it, and services rendered from it."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import copier

from tests.combinations import ROOT, Answer, Combination

TEMPLATE = ROOT / "template"
VERSION = "v0.0.1"  # the tag of the working tree in the repository that the tests make


@dataclass(frozen=True)
class Service:
    """A rendered service. Nothing writes into it: tests that run it make a copy."""

    path: Path
    combination: Combination

    @property
    def id(self) -> str:
        return self.combination.id

    @property
    def answers(self) -> dict[str, Answer]:
        return self.combination.answers

    def files(self) -> list[Path]:
        return sorted(path for path in self.path.rglob("*") if path.is_file())

    def read(self, name: str) -> str:
        return (self.path / name).read_text("utf-8")


def commit_working_tree(repository: Path) -> None:
    """Commit and tag the working tree, because Copier updates only between commits and warns about a dirty tree."""
    copy_working_tree(repository)
    git(repository, "init", "--quiet", "--initial-branch", "main")
    git(repository, "add", "--all", "--force")
    git(repository, "commit", "--quiet", "--message", "The working tree")
    git(repository, "tag", VERSION)


def copy_working_tree(destination: Path) -> None:
    for name in git(ROOT, "ls-files", "-coz", "--exclude-standard").split("\0"):
        if (ROOT / name).is_file():
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, destination / name, follow_symlinks=False)


def render(template: Path, destination: Path, answers: Mapping[str, Answer], version: str | None = None) -> None:
    """Render as a user does, without `--trust` and without Copier's messages. Without `version`, use the newest one."""
    copier.run_copy(str(template), destination, data=dict(answers), defaults=True, quiet=True, vcs_ref=version)


def git(folder: Path, *arguments: str) -> str:
    settings = ("user.name=Slipway", "user.email=slipway@localhost", "commit.gpgsign=false")
    command = ["git", *(part for setting in settings for part in ("-c", setting)), *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
