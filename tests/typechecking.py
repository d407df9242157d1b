"""Type-check all services in a few runs of pyright, each of which reads the libraries only once."""

import json
import math
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.contents import Content, Gathering
from tests.environments import Environment
from tests.imports import closures
from tests.rendering import Tree

# This many files in one run need less than two gigabytes; a run costs 7 s, and each file 40 ms.
FILES = 1400

Diagnostic = dict[str, Any]


def pyright_together(trees: list[Tree], environment: Environment, folder: Path) -> list[str]:
    """Return pyright's reports, each with the combinations that have it."""
    gathering = Gathering(folder, with_imports(trees))
    configuration = _configuration(trees) | {"executionEnvironments": [{"root": str(each)} for each in gathering.roots]}
    found = (
        each
        for batch in _batches(gathering.paths)
        for each in _diagnostics(folder, {**configuration, "include": list(map(str, batch))}, environment)
    )
    return [_line(gathering.content(each["file"]), each) for each in found]


def with_imports(trees: Iterable[Tree]) -> list[Content]:
    """Return the Python files of the services; a file that several share with all its imports is there only once."""
    found: dict[tuple[str, int], Content] = {}
    for tree in trees:
        python = {name: text for name, text in tree.files.items() if name.endswith((".py", ".pyi"))}
        for name, closure in closures(python).items():
            found.setdefault((name, closure), Content(name, python[name])).trees.append(tree)
    return list(found.values())


def _configuration(trees: Iterable[Tree]) -> dict[str, Any]:
    """Return the pyright configuration, which is the same for all services."""
    common, *others = (
        tomllib.loads(text)["tool"]["pyright"] for text in {tree.read("pyproject.toml") for tree in trees}
    )
    assert all(other == common for other in others), (common, others)
    return common


def _batches(paths: list[Path]) -> Iterator[list[Path]]:
    size = math.ceil(len(paths) / math.ceil(len(paths) / FILES))
    return (paths[start : start + size] for start in range(0, len(paths), size))


def _diagnostics(folder: Path, configuration: dict[str, Any], environment: Environment) -> list[Diagnostic]:
    (folder / "pyright.json").write_text(json.dumps(configuration))
    options = ("--outputjson", "--project", "pyright.json", "--pythonpath", str(environment.python))
    run = environment.run("-m", "pyright", *options, cwd=folder)
    report = json.loads(run.stdout[run.stdout.index("{") :])
    assert report["summary"]["filesAnalyzed"] == len(configuration["include"]), run.stdout
    return report["generalDiagnostics"]


def _line(content: Content, diagnostic: Diagnostic) -> str:
    line = diagnostic["range"]["start"]["line"] + 1
    return f"{content.where}, line {line}: {diagnostic['message']} ({diagnostic.get('rule', '')})"
