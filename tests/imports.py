"""What the files of a tree import from each other. The types in a file depend only on this and on the libraries."""

import ast
import functools
from collections.abc import Iterator, Mapping
from itertools import count

Import = tuple[int, list[str]]

_NUMBERS = count()


def closures(files: Mapping[str, str]) -> dict[str, int]:
    """Return, for each name, a number for the file and everything that it imports, directly or not.

    `files` has the texts of Python files by their names below the root, such as `app/log.py`. A file has the same types
    in two trees if it has the same closure in both. A closure has one bit for each text.
    """
    imports = {name: files.keys() & _importable(name, text) for name, text in files.items()}
    reached = {name: 1 << _number(name, text) for name, text in files.items()}
    grew = True
    while grew:
        grew = False
        for name, others in imports.items():
            before = reached[name]
            for other in others:
                reached[name] |= reached[other]
            grew |= reached[name] != before
    return reached


def imported_names(text: str) -> Iterator[str]:
    """Yield the absolute names that a module imports; the last part of a name can be a value in a module."""
    return (".".join(parts) for level, parts in _imports(text) if level == 0)


@functools.cache
def _number(name: str, text: str) -> int:
    del name, text
    return next(_NUMBERS)


@functools.cache
def _importable(name: str, text: str) -> frozenset[str]:
    """Return the names of all files that the imports of a file find, and of the packages on the way to them."""
    *folder, _ = name.split("/")
    found: set[str] = set()
    for level, parts in _imports(text):
        for base in _bases(folder, level):
            found.update(_files([*base, *parts], len(base) + (level == 0)))
    return frozenset(found)


def _bases(folder: list[str], level: int) -> list[list[str]]:
    """Return the folders in which an import can begin: an absolute import that fails at the root is tried below it."""
    if level:
        return [folder[: len(folder) - level + 1]]
    return [folder[:depth] for depth in range(len(folder) + 1)]


def _files(parts: list[str], shortest: int) -> Iterator[str]:
    for length in range(shortest, len(parts) + 1):
        module = "/".join(parts[:length])
        yield from (f"{module}{end}" for end in (".py", ".pyi", "/__init__.py", "/__init__.pyi"))


def _imports(text: str) -> Iterator[Import]:
    """Yield the level and the parts of each import; a name that is imported from a module can be a module too."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module.split(".") if node.module else []
            yield from ((node.level, [*module, alias.name]) for alias in node.names)
