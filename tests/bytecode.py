"""The bytecode of packages and services, compiled once in a run: most files are the same in all services."""

import hashlib
import os
import zlib
from collections.abc import Iterable
from pathlib import Path


def share_bytecode(packages: Path, pool: Path) -> None:
    """Let the folders below `packages` keep their bytecode in `pool`, shared by all that have the same files.

    The files are the same where uv links them from its cache; where uv has to copy them, nothing is shared.
    Processes can write at the same time: they replace bytecode in one step, under a name for each Python version, and
    ignore bytecode that does not fit the source. They also correct the source path in code that another compiled.
    """
    for folder, _, names in os.walk(packages):
        sources = sorted(name for name in names if name.endswith(".py"))
        bytecode = Path(folder, "__pycache__")
        if sources and not bytecode.exists():
            shared = pool / _identity(Path(folder, name) for name in sources)
            shared.mkdir(parents=True, exist_ok=True)
            bytecode.symlink_to(shared)


def date_by_content(service: Path) -> None:
    """Set the same modification time for equal files: Python checks bytecode by the time and size of its source."""
    for source in service.rglob("*.py"):
        seconds = zlib.crc32(source.read_bytes()) // 4  # in the past
        os.utime(source, (seconds, seconds))


def keep_bytecode(service: Path, kept: Path) -> None:
    """Keep the bytecode of a service in `kept`, for the next service in the same folder."""
    for folder in {source.parent for source in service.rglob("*.py")}:
        shared = kept / folder.relative_to(service)
        shared.mkdir(parents=True, exist_ok=True)
        (folder / "__pycache__").symlink_to(shared)


def _identity(files: Iterable[Path]) -> str:
    statuses = [(file.name, file.stat()) for file in files]
    identities = [(name, status.st_dev, status.st_ino) for name, status in statuses]
    return hashlib.sha256(repr(identities).encode()).hexdigest()
