"""The versions of the template: the released ones, and an invented former one."""

import ast
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.combinations import ROOT, Answer, Combination, combinations_of
from tests.template import copy_working_tree, git

MADE_UP, NEWEST = "v0.0.1", "v9999.0.0"
REMARK = "From a former version"
COMMENTS = {".md": f"<!-- {REMARK} -->", ".mako": f"## {REMARK}"}
BUMPED = ('"click>=8.4.2",', '"click>=8.0",')


class HistoryError(Exception):
    """The clone does not have a released version."""


@dataclass(frozen=True)
class Release:
    """A released version of the template."""

    version: str
    commit: str
    renamed: dict[str, str]

    @property
    def tag(self) -> str:
        return f"v{self.version}"

    def given_again(self, combination: Combination) -> dict[str, Answer]:
        """Return the answers to renamed questions under their new names, which an update needs."""
        return {self.renamed[name]: answer for name, answer in combination.pairs if name in self.renamed}


def released() -> list[Release]:
    """Return the released versions, the oldest first, from versions.toml, because a clone may have no tags."""
    table = tomllib.loads((ROOT / "versions.toml").read_text("utf-8"))
    return [Release(**each) for each in table["released"]]


def show(release: Release, name: str, repository: Path = ROOT) -> str:
    """Return a file of a released version; raise `HistoryError` if the clone does not have that version."""
    try:
        return git(repository, "show", f"{release.commit}:{name}")
    except subprocess.CalledProcessError as error:
        msg = (
            f"Version {release.version}, commit {release.commit:.10}, is not in this clone, so updates from it "
            "cannot be tested. Fetch the whole history: git fetch --unshallow"
        )
        raise HistoryError(msg) from error


def combinations_at(release: Release) -> tuple[Combination, ...]:
    return combinations_of(yaml.safe_load(show(release, "copier.yml")))


def paths_at(repository: Path, commit: str) -> set[str]:
    """Return the files of the template, whose paths must not change without a decision."""
    return set(git(repository, "ls-tree", "-r", "-z", "--name-only", commit, "template/").rstrip("\0").split("\0"))


def continue_releases(repository: Path) -> None:
    """Make a repository with all released versions as tags, and the working tree as the newest version."""
    for release in released():
        show(release, "copier.yml")
    git(ROOT, "clone", "--quiet", "--no-checkout", ".", str(repository))
    for release in released():
        git(repository, "tag", "--force", release.tag, release.commit)
    _release_working_tree(repository)


def make_up_former_version(repository: Path) -> None:
    """Make a repository with a former version in which each file is different, and the working tree as the newest."""
    copy_working_tree(repository)
    git(repository, "init", "--quiet", "--initial-branch", "main")
    for path in (repository / "template").rglob("*"):
        if path.is_file() and "{@" not in path.name:
            path.write_text(_changed(path), "utf-8")
    git(repository, "add", "--all", "--force")
    git(repository, "commit", "--quiet", "--message", "A former version")
    git(repository, "tag", MADE_UP)
    _release_working_tree(repository)


def _release_working_tree(repository: Path) -> None:
    copy_working_tree(repository)
    git(repository, "add", "--all", "--force")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "The working tree")
    git(repository, "tag", NEWEST)


def _changed(path: Path) -> str:
    """Return a text with a remark at its beginning, and another in the middle of a module."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    remark = f"{COMMENTS.get(path.suffix, f'# {REMARK}')}\n"
    if path.suffix == ".py" and (middle := _middle(path)):
        lines.insert(middle, remark)
    lines.insert(1 if lines and lines[0].startswith("# syntax=") else 0, remark)
    return "".join(lines).replace(*BUMPED)


def _middle(path: Path) -> int:
    """Return the line at which the last statement of a module starts, or 0 if it is the first statement."""
    *others, last = ast.parse(path.read_text("utf-8")).body or [ast.Pass()]
    return min(each.lineno for each in [last, *getattr(last, "decorator_list", [])]) - 1 if others else 0
