"""Locked files: a lock that one process of this machine holds at a time, and the lead of those that share work."""

import os
from pathlib import Path
from time import monotonic
from weakref import WeakSet

import portalocker

MAX_SILENCE = 10.0  # seconds, after which the process that leads counts as stuck


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


class Lead(ProcessLock):
    """The lock of the process that leads; each call of `try_acquire` shows the other processes that it is not stuck."""

    silence = 0.0
    """For how many seconds the process that leads had shown nothing when this one last tried to take the lock."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._shown = 0
        self._shown_at = 0.0

    @property
    def is_stuck(self) -> bool:
        """Whether another process leads and has shown nothing for `MAX_SILENCE`."""
        return self.silence > MAX_SILENCE

    def try_acquire(self) -> bool:
        if held := super().try_acquire():
            self.show()
        shown, now = self.path.stat().st_mtime_ns, monotonic()
        if held or shown != self._shown:
            self._shown = shown
            self._shown_at = now
        self.silence = now - self._shown_at
        return held

    def show(self) -> None:
        """Show that this process is not stuck, if it leads; call this during work that takes seconds."""
        if self.is_held:
            os.utime(self.path)


_locks = WeakSet[ProcessLock]()


def _forget_all() -> None:
    for lock in list(_locks):
        lock.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
