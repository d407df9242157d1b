"""A next version of the template, in which each file is another one."""

import ast
import shutil
from pathlib import Path

from tests.template import git

REMARK = "From the next version"
COMMENTS = {".md": f"<!-- {REMARK} -->", ".mako": f"## {REMARK}"}
BUMPED = ('"click>=8.5",', '"click>=8.5.0",')


def release_next_version(template: Path, repository: Path) -> None:
    """Make a copy of the repository of the template that has a further version."""
    shutil.copytree(template, repository)
    for path in (repository / "template").rglob("*"):
        if path.is_file() and "{@" not in path.name:
            path.write_text(_changed(path), "utf-8")
    git(repository, "commit", "--quiet", "--all", "--message", "The next version")
    git(repository, "tag", "v0.0.2")


def _changed(path: Path) -> str:
    """Give a text with a remark at its head, and one in the middle of a module."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    remark = f"{COMMENTS.get(path.suffix, f'# {REMARK}')}\n"
    if path.suffix == ".py" and (middle := _middle(path)):
        lines.insert(middle, remark)
    lines.insert(1 if lines and lines[0].startswith("# syntax=") else 0, remark)
    return "".join(lines).replace(*BUMPED)


def _middle(path: Path) -> int:
    """Give the line at which the last statement of a module starts, or 0."""
    statements = ast.parse(path.read_text("utf-8")).body
    if len(statements) < 2:
        return 0
    last = statements[-1]
    return min(each.lineno for each in [last, *getattr(last, "decorator_list", [])]) - 1
