"""Log files: one per day and worker process, kept for a week."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Lock

import portalocker

KEPT = timedelta(days=7)


class DailyFile:
    """Writes lines to `<name>-<slot>-<date>.log`; the slot is the lowest number that no other process holds."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._name = folder, re.sub(r"[^\w.-]+", "-", name)
        self._slot, self._lock = _take_slot(folder, self._name)
        self._turn = Lock()
        self._open(_today())

    def write(self, line: bytes) -> None:
        # A full disk must not break the caller: the line is on standard output too.
        with self._turn, suppress(OSError):
            if (today := _today()) != self._day:
                self._file.close()
                self._open(today)
            self._file.write(line)

    def flush(self) -> None:
        """Do nothing: the file is unbuffered."""

    def close(self) -> None:
        self._file.close()
        self._lock.release()

    def _open(self, day: date) -> None:
        self._day = day
        self._file = (self._folder / f"{self._name}-{self._slot}-{day}.log").open("ab", buffering=0)
        oldest = f"{day - KEPT}.log"
        for path in self._folder.glob(f"{self._name}-*-????-??-??.log"):
            if path.name[-len(oldest) :] < oldest:
                path.unlink(missing_ok=True)


def _today() -> date:
    return datetime.now(UTC).date()


def _take_slot(folder: Path, name: str) -> tuple[int, portalocker.Lock]:
    for slot in count():
        lock = portalocker.Lock(folder / f".{name}-{slot}.lock", timeout=0, fail_when_locked=True)
        try:
            lock.acquire()
        except portalocker.LockException:
            continue
        return slot, lock
    raise AssertionError  # `count` never ends
