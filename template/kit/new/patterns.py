"""The patterns of new files: their text with `$placeholders`, below `files` in the folder of each kind.

The path below `files` is the path in the project, where `thing` and `things` are replaced too. A line that begins with
`part|` is only for a thing with that part.
"""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from string import Template

import click

SUFFIX = ".txt"
OF_A_PART = re.compile(r"(\w+)\|(.*\n)")


def rendered(folder: Path, names: Mapping[str, str], parts: Collection[str] = ()) -> dict[str, str]:
    """Return the texts of the new files by their paths in the project."""
    found: dict[str, str] = {}
    for path in sorted((folder / "files").rglob(f"*{SUFFIX}")):
        name = path.relative_to(folder / "files").as_posix().removesuffix(SUFFIX)
        if text := _chosen(path.read_text("utf-8"), parts):
            found[_named(name, names)] = Template(text).substitute(names)
    return found


def refuse_names_of(texts: Iterable[str], names: Iterable[str]) -> None:
    """Refuse names that the code of a pattern, rendered with neutral names, uses for something else."""
    used = {name for text in texts for name in _names_in(text)}
    if taken := sorted(used.intersection(names)):
        raise click.ClickException(f"Use another name: the code that would be written needs '{taken[0]}' itself.")


def _names_in(text: str) -> Iterator[str]:
    """Yield the names that a module binds or reads, without attributes and the fields of classes."""
    nodes = list(ast.walk(ast.parse(text)))
    fields = {id(node.target) for node in nodes if isinstance(node, ast.AnnAssign)}
    for node in nodes:
        match node:
            case ast.Name(id=name) if id(node) not in fields:
                yield name
            case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.alias(name=name, asname=as_name):
                yield as_name or name.partition(".")[0]
            case ast.ClassDef(name=name):
                yield name
            case _:
                pass


def _named(path: str, names: Mapping[str, str]) -> str:
    return re.sub(r"things?", lambda word: names[word[0]], path)


def _chosen(text: str, parts: Collection[str]) -> str:
    """Leave out the lines of other parts."""
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        match = OF_A_PART.fullmatch(line)
        if not match:
            lines.append(line)
        elif match[1] in parts:
            lines.append(match[2])
    return "".join(lines)
