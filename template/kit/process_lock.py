"""A lock that one process of this machine holds at a time: a locked file."""

from pathlib import Path

import portalocker


class ProcessLock:
    """The operating system releases the lock of a process that dies."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = portalocker.Lock(path, timeout=0, fail_when_locked=True)

    @property
    def is_held(self) -> bool:
        """Whether this process holds the lock."""
        return self._lock.fh is not None

    def try_acquire(self) -> bool:
        """Take the lock if it is free, without waiting, and return whether this process holds it."""
        if not self.is_held:
            try:
                self._lock.acquire()
            except portalocker.LockException:
                return False
        return True

    def release(self) -> None:
        """Release the lock if this process holds it."""
        if self.is_held:
            self._lock.release()
