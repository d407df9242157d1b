"""Which process starts the jobs, and whether it is stuck."""

import os
from pathlib import Path
from time import monotonic

from kit.process_lock import ProcessLock


class Lead(ProcessLock):
    """The lock of the process that leads; each call of `try_acquire` shows the other processes that it is not stuck."""

    silence = 0.0
    """For how many seconds the process that leads had shown nothing when this one last tried to take the lock."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._shown, self._shown_at = 0, 0.0

    def try_acquire(self) -> bool:
        if held := super().try_acquire():
            os.utime(self.path)
        shown, now = self.path.stat().st_mtime_ns, monotonic()
        if held or shown != self._shown:
            self._shown, self._shown_at = shown, now
        self.silence = now - self._shown_at
        return held
