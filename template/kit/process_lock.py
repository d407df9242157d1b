"""A lock that one process of this machine holds at a time: a locked file."""

import os
from pathlib import Path
from weakref import WeakSet

import portalocker


class ProcessLock:
    """The operating system releases the lock of a process that dies, even if processes that it forked live on."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = portalocker.Lock(path, timeout=0, fail_when_locked=True)
        _locks.add(self)

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

    def forget(self) -> None:
        """Leave the lock to the process that forked this one; to unlock the file would take it from that process."""
        if file := self._lock.fh:
            self._lock.fh = None
            file.close()


_locks = WeakSet[ProcessLock]()


def _forget_all() -> None:
    for lock in list(_locks):
        lock.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
