"""Files that one worker of a run makes and all workers use."""

import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock


def made_once(path: Path, make: Callable[[Path], None]) -> Path:
    """Return `path` when one worker of the run has made it; a failed attempt leaves nothing behind."""
    done = path.with_name(f"{path.name}.done")
    with FileLock(f"{path}.lock"):
        if not done.exists():
            shutil.rmtree(path, ignore_errors=True)
            make(path)
            done.touch()
    return path
