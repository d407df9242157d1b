"""A system clock that a test can change, for the programs that are started with it."""

import sys
from pathlib import Path

from tests.servers.finding import apt_install

MISSING = "There is no libfaketime. Install it (Debian: apt-get install libfaketime; macOS: brew install libfaketime)."
LIBRARY = "faketime/libfaketime.so.1"
FOLDERS = (*Path("/usr/lib").glob("*-linux-gnu*"), Path("/usr/lib64"), Path("/usr/lib"))


class ChangedClock:
    """Give `environ` to programs; `shift` changes their clock, and not the clock that only measures durations."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.shift("+0")
        self.environ = {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def shift(self, by: str) -> None:
        """Move the clock from the real time, such as by `-30m`."""
        new = self._file.with_suffix(".new")
        new.write_text(by, "utf-8")
        new.replace(self._file)


def _library() -> Path:
    if not (found := _find()) and sys.platform == "linux":
        apt_install("libfaketime", otherwise=MISSING)
        found = _find()
    if not found:
        raise RuntimeError(MISSING)
    return found


def _find() -> Path | None:
    return next((path for folder in FOLDERS if (path := folder / LIBRARY).exists()), None)
