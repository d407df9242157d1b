"""A lock of a namespace between the processes of one machine: a locked file."""

import asyncio
import hashlib
from pathlib import Path

from kit.process_lock import ProcessLock


class FileLatch:
    """The operating system releases the lock of a process that dies."""

    def __init__(self, folder: Path, namespace: bytes) -> None:
        self._lock = ProcessLock(folder / f"{hashlib.sha256(namespace).hexdigest()[:32]}.lock")

    async def try_acquire(self) -> bool:
        return self._lock.try_acquire()

    async def keep(self) -> None:
        await asyncio.Event().wait()  # it cannot be lost while the process lives

    async def release(self) -> None:
        self._lock.release()
