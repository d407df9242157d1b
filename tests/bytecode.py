"""The bytecode of installed packages, which the environments of a run share: most is the same in all of them."""

import hashlib
import os
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


def _identity(files: Iterable[Path]) -> str:
    statuses = [(file.name, file.stat()) for file in files]
    identities = [(name, status.st_dev, status.st_ino) for name, status in statuses]
    return hashlib.sha256(repr(identities).encode()).hexdigest()
