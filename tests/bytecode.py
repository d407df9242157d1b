"""The bytecode of a run, compiled once: that of packages, and of the services, most of which is the same in all."""

import hashlib
import os
import zlib
from collections.abc import Iterable
from pathlib import Path


def share_bytecode(packages: Path, pool: Path) -> None:
    """Let the folders below `packages` keep their bytecode in `pool`, where those with the very same files meet.

    They are the same where uv links them from its cache; where it has to copy them, nothing is shared.
    Processes may write at the same time: they replace bytecode in one step, under a name for each version of Python,
    and take none that does not fit the source. They also set right where code that another one compiled comes from.
    """
    for folder, _, names in os.walk(packages):
        sources = sorted(name for name in names if name.endswith(".py"))
        bytecode = Path(folder, "__pycache__")
        if sources and not bytecode.exists():
            shared = pool / _identity(Path(folder, name) for name in sources)
            shared.mkdir(parents=True, exist_ok=True)
            bytecode.symlink_to(shared)


def date_by_content(service: Path) -> None:
    """Give the same time to files that are the same, since bytecode is known to fit by the time and size of a file."""
    for source in service.rglob("*.py"):
        seconds = zlib.crc32(source.read_bytes()) // 4  # in the past
        os.utime(source, (seconds, seconds))


def keep_bytecode(service: Path, kept: Path) -> None:
    """Let a service keep its bytecode in `kept`, for the next one in its place."""
    for folder in {source.parent for source in service.rglob("*.py")}:
        shared = kept / folder.relative_to(service)
        shared.mkdir(parents=True, exist_ok=True)
        (folder / "__pycache__").symlink_to(shared)


def _identity(files: Iterable[Path]) -> str:
    statuses = [(file.name, file.stat()) for file in files]
    identities = [(name, status.st_dev, status.st_ino) for name, status in statuses]
    return hashlib.sha256(repr(identities).encode()).hexdigest()
