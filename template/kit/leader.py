"""One worker of many: the one that holds a lock on a file."""

from pathlib import Path

import portalocker


class Leader:
    """Competes for a file; the operating system takes it away from a process that dies."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = portalocker.Lock(path, timeout=0, fail_when_locked=True)

    @property
    def is_leader(self) -> bool:
        return self._lock.fh is not None

    def try_acquire(self) -> bool:
        """Take the lead if nobody has it, and tell whether it is ours; this does not wait."""
        if not self.is_leader:
            try:
                self._lock.acquire()
            except portalocker.LockException:
                return False
        return True

    def release(self) -> None:
        """Leave the lead to others."""
        if self.is_leader:
            self._lock.release()
