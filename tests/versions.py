"""The versions of the template: those that were released, and a former one that is made up."""

import ast
from pathlib import Path

import yaml

from tests.combinations import ROOT, Combination, combinations_of
from tests.template import copy_working_tree, git

MADE_UP, NEWEST = "v0.0.1", "v9999.0.0"
REMARK = "From a former version"
COMMENTS = {".md": f"<!-- {REMARK} -->", ".mako": f"## {REMARK}"}
BUMPED = ('"click>=8.5",', '"click>=8.0",')


def released() -> list[str]:
    """Return the tags of this repository; a clone may have been made without them."""
    return git(ROOT, "tag", "--list", "v*", "--sort", "version:refname").split()


def combinations_at(tag: str) -> tuple[Combination, ...]:
    return combinations_of(yaml.safe_load(git(ROOT, "show", f"{tag}:copier.yml")))


def paths_at(repository: Path, tag: str) -> set[str]:
    """Return the files of the template, whose paths are promised."""
    return set(git(repository, "ls-tree", "-r", "-z", "--name-only", tag, "template/").rstrip("\0").split("\0"))


def continue_releases(repository: Path) -> None:
    """Make a repository that has all tags, and the working tree as its newest version."""
    git(ROOT, "clone", "--quiet", "--no-checkout", ".", str(repository))
    _release_working_tree(repository)


def make_up_former_version(repository: Path) -> None:
    """Make a repository with a former version in which each file was another one, and the working tree after it."""
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
    git(repository, "commit", "--quiet", "--message", "The working tree")
    git(repository, "tag", NEWEST)


def _changed(path: Path) -> str:
    """Give a text with a remark at its head, and one in the middle of a module."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    remark = f"{COMMENTS.get(path.suffix, f'# {REMARK}')}\n"
    if path.suffix == ".py" and (middle := _middle(path)):
        lines.insert(middle, remark)
    lines.insert(1 if lines and lines[0].startswith("# syntax=") else 0, remark)
    return "".join(lines).replace(*BUMPED)


def _middle(path: Path) -> int:
    """Give the line at which the last statement of a module starts, or 0 if it is the first."""
    *others, last = ast.parse(path.read_text("utf-8")).body or [ast.Pass()]
    return min(each.lineno for each in [last, *getattr(last, "decorator_list", [])]) - 1 if others else 0
