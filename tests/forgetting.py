"""Invented former versions of the template, each without one question or one computed value."""

import shutil
from pathlib import Path
from typing import Any, cast

import yaml

from tests.absent import questions, values
from tests.combinations import ROOT, Combination, all_combinations, configuration
from tests.template import git
from tests.versions import NEWEST


def tag_without(name: str) -> str:
    """Return the tag of the version without `name`, whose services have what the default of `name` adds."""
    return f"v0.0.{list(questions()).index(name)}"


def make_versions(repository: Path) -> None:
    """Make a repository with a former version for each question, and the working tree as the newest version."""
    repository.mkdir()
    git(repository, "init", "--quiet", "--initial-branch", "main")
    for name in questions():
        _copy(repository)
        _forget(name, repository)
        _release(repository, tag_without(name))
    _copy(repository)
    _release(repository, NEWEST)


def most_with_default(name: str) -> Combination:
    """Return the fullest combination in which `name` has its default."""
    plain = values(None)[name]
    having = [each for each in all_combinations() if values(each)[name] == plain]
    return max(having, key=lambda each: sum(answer not in ("none", False) for _, answer in each.pairs))


def _forget(name: str, repository: Path) -> None:
    """Write the default of a question into every file that mentions it, and remove the question."""
    known = configuration()
    expression = known[name]["default"]
    value = expression[2:-2] if str(expression).startswith("{@") else repr(expression)
    known = {key: _with(name, value, each) for key, each in known.items() if key != name}
    (repository / "copier.yml").write_text(yaml.safe_dump(known, sort_keys=False, allow_unicode=True), "utf-8")
    for path in (repository / "template").rglob("*"):
        if path.is_file() and name in (text := path.read_text("utf-8")):
            path.write_text(f"# {{% set {name} = {value} %}}\n{text}", "utf-8")


def _with(name: str, value: str, each: Any) -> Any:  # noqa: ANN401
    if isinstance(each, dict):
        parts = cast("dict[str, Any]", each)
        return {key: _with(name, value, part) for key, part in parts.items()}
    if isinstance(each, list):
        items = cast("list[Any]", each)
        return [_with(name, value, item) for item in items]
    is_rendered = isinstance(each, str) and name in each and ("{@" in each or "# {%" in each)
    return f"# {{% set {name} = {value} %}}\n{each}" if is_rendered else each


def _copy(repository: Path) -> None:
    for name in git(ROOT, "ls-files", "-coz", "--exclude-standard", "copier.yml", "template").split("\0"):
        if (ROOT / name).is_file():
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, repository / name)


def _release(repository: Path, tag: str) -> None:
    git(repository, "add", "--all", "--force")
    git(repository, "commit", "--quiet", "--message", tag)
    git(repository, "tag", tag)
