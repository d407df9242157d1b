"""What the files of a tree import from each other: with the libraries, all that the types in a file depend on."""

import ast
import functools
import hashlib
from collections.abc import Collection, Iterator, Mapping

Import = tuple[int, list[str]]


def closures(files: Mapping[str, str]) -> dict[str, str]:
    """Return, by name, a digest of the name and the text of each file and of all that it imports, however indirectly.

    Takes the texts of Python files by their names below the root, such as `app/log.py`. Two trees in which a file has
    the same digest give it the same types.
    """
    versions = {name: hashlib.sha256(f"{name}\n{text}".encode()).digest() for name, text in files.items()}
    imports = {name: files.keys() & _importable(name, text) for name, text in files.items()}
    digests: dict[str, str] = {}
    for name in files:
        reached = sorted(versions[each] for each in _reached(name, imports))
        digests[name] = hashlib.sha256(b"".join([versions[name], *reached])).hexdigest()
    return digests


def _reached(name: str, imports: Mapping[str, Collection[str]]) -> set[str]:
    reached: set[str] = set()
    new = {name}
    while new:
        reached |= new
        new = set[str]().union(*(imports[each] for each in new)) - reached
    return reached


@functools.cache
def _importable(name: str, text: str) -> frozenset[str]:
    """Return the names of all files that the imports of a file would find, and of the packages on the way to them."""
    *folder, _ = name.split("/")
    found: set[str] = set()
    for level, parts in _imports(text):
        for base in _bases(folder, level):
            found.update(_files([*base, *parts], len(base) + (level == 0)))
    return frozenset(found)


def _bases(folder: list[str], level: int) -> list[list[str]]:
    """Return the folders in which an import may begin: an absolute one that fails at the root is tried below it."""
    if level:
        return [folder[: len(folder) - level + 1]]
    return [folder[:depth] for depth in range(len(folder) + 1)]


def _files(parts: list[str], shortest: int) -> Iterator[str]:
    for length in range(shortest, len(parts) + 1):
        module = "/".join(parts[:length])
        yield from (f"{module}{end}" for end in (".py", ".pyi", "/__init__.py", "/__init__.pyi"))


def _imports(text: str) -> Iterator[Import]:
    """Yield the level and the parts of each import; what is imported from a module may be a module too."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module.split(".") if node.module else []
            yield from ((node.level, [*module, alias.name]) for alias in node.names)
