"""Log files: one per day and worker process, kept for a week."""

import re
import sys
from collections.abc import Callable
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
        self._has_reported = False
        self._open(_today())

    def write(self, line: bytes) -> None:
        # A full disk must not break the caller: the line is on standard output too.
        with self._turn:
            errors = (_attempt(self._change_day), _attempt(lambda: self._file.write(line)))
            self._report(errors[0] or errors[1])

    def flush(self) -> None:
        """Do nothing: the file is unbuffered."""

    def close(self) -> None:
        self._file.close()
        self._lock.release()

    def _change_day(self) -> None:
        """Open the file of a new day; until that succeeds, lines go to the former one."""
        if (today := _today()) != self._day:
            former = self._file
            self._open(today)
            former.close()

    def _open(self, day: date) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = (self._folder / f"{self._name}-{self._slot}-{day}.log").open("ab", buffering=0)
        self._day = day
        oldest = f"{day - KEPT}.log"
        for path in self._folder.glob(f"{self._name}-*-????-??-??.log"):
            if path.name[-len(oldest) :] < oldest:
                with suppress(OSError):
                    path.unlink()

    def _report(self, error: OSError | None) -> None:
        """Print the first error of a series, because the log cannot have it."""
        if error and not self._has_reported:
            with suppress(OSError):
                sys.stderr.write(f"The log in {self._folder} cannot be written, and is tried again: {error}\n")
        self._has_reported = bool(error)


def _attempt(call: Callable[[], object]) -> OSError | None:
    try:
        call()
    except OSError as error:
        return error
    return None


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
