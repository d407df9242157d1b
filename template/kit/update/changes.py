"""The files that an update has changed in a working tree, and the places of its conflicts."""

import re
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

from kit.update.trial import git

FROM, TO = re.compile(rb"<{7} "), re.compile(rb">{7} ")


@dataclass
class Changes:
    """The paths of the new, changed, deleted and conflicting files, below the folder of the service."""

    new: list[str] = field(default_factory=list[str])
    changed: list[str] = field(default_factory=list[str])
    deleted: list[str] = field(default_factory=list[str])
    conflicting: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Each with the lines of its conflicts; none for a file that only one side has."""

    def __str__(self) -> str:
        conflicts = [f"{name}: {', '.join(places) or 'whole'}" for name, places in self.conflicting.items()]
        groups = {"New": self.new, "Changed": self.changed, "Deleted": self.deleted, "Conflicts": conflicts}
        texts = ["\n  ".join([f"{title} ({len(names)}):", *names]) for title, names in groups.items() if names]
        return "\n".join(texts) or "Nothing changes."


def changes_in(folder: Path) -> Changes:
    """Return what differs from the last commit."""
    changes = Changes()
    for state, name in _states(folder):
        if "U" in state or state in {"AA", "DD"}:
            changes.conflicting[name] = _places(folder / name)
        elif state == "??" or state[0] == "A":
            changes.new.append(name)
        elif "D" in state:
            changes.deleted.append(name)
        else:
            changes.changed.append(name)
    return changes


def _states(folder: Path) -> list[tuple[str, str]]:
    """Return git's two letters for each path, and the path below the folder."""
    above = git(folder, "rev-parse", "--show-prefix").strip()
    printed = git(folder, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", ".")
    return sorted(((line[:2], line[3:].removeprefix(above)) for line in printed.split("\0") if line), key=itemgetter(1))


def _places(path: Path) -> list[str]:
    """Return the lines of each conflict in a file, such as `12-18`."""
    lines = path.read_bytes().splitlines() if path.is_file() else []
    starts = [number for number, line in enumerate(lines, 1) if FROM.match(line)]
    ends = [number for number, line in enumerate(lines, 1) if TO.match(line)]
    return [f"lines {start}-{end}" for start, end in zip(starts, ends, strict=False)]
