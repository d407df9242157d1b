"""The distinct contents of the files of all services."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.rendering import RECORD, Tree


@dataclass(frozen=True)
class Content:
    """A file with the services in which it has the same content."""

    name: str
    text: str
    trees: list[Tree] = field(default_factory=list[Tree], compare=False)

    @property
    def where(self) -> str:
        return f"{self.name} in {len(self.trees)} combinations, such as {self.trees[0].id}"


def distinct(trees: Iterable[Tree], *suffixes: str) -> list[Content]:
    """Return the contents of the files whose names end with one of these, without the record of the answers."""
    found: dict[tuple[str, str], Content] = {}
    for tree in trees:
        for name, text in tree.files.items():
            if name != RECORD and name.endswith(suffixes or ""):
                found.setdefault((name, text), Content(name, text)).trees.append(tree)
    return list(found.values())


class Gathering:
    """Whole services on disk, as few as contain all of these contents, for tools that read several files."""

    def __init__(self, folder: Path, contents: Iterable[Content]) -> None:
        self.folder = folder
        self._by_path: dict[Path, Content] = {}
        self._pool: dict[tuple[str, str], Path] = {}
        places: dict[str, Path] = {}
        for content in sorted(contents, key=lambda each: len(each.trees)):
            tree = next((each for each in content.trees if each.id in places), content.trees[0])
            if tree.id not in places:
                places[tree.id] = Path(str(len(places)))
                self._write(folder / places[tree.id], tree)
            self._by_path[places[tree.id] / content.name] = content
        self.roots = list(places.values())

    @property
    def paths(self) -> list[Path]:
        """Return the paths of the contents below the folder."""
        return list(self._by_path)

    def content(self, path: str) -> Content:
        """Return the content at a path, which can be relative or absolute."""
        return self._by_path[Path(os.path.relpath(self.folder / path, self.folder))]

    def _write(self, folder: Path, tree: Tree) -> None:
        """Write a service; link the files that another service here already has."""
        for name, text in tree.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if (same := self._pool.setdefault((name, text), path)) is path:
                path.write_text(text, "utf-8")
            else:
                path.hardlink_to(same)
