"""A file in a folder while it is being written."""

from contextlib import suppress
from io import BufferedWriter
from pathlib import Path
from threading import Lock


class PartialFile:
    """A file that is written beside its place, and moved there once it is complete.

    The methods wait for the disk, so threads call them. A thread cannot be cancelled: what it does after the file was
    given up has no effect.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(f"{path.name}#1")  # as obstore names it: the cleaner knows it for a leftover
        self._file: BufferedWriter | None = None
        self._is_given_up = False
        self._lock = Lock()

    def write(self, piece: bytes) -> None:
        with self._lock:
            if not self._is_given_up:
                self._opened().write(piece)

    def finish(self) -> None:
        """Give the file its name, under which it is complete."""
        with self._lock:
            if not self._is_given_up:
                self._opened().close()
                self._partial.rename(self._path)

    def give_up(self) -> None:
        """Leave nothing, whatever has been done before."""
        with self._lock:
            self._is_given_up = True
            with suppress(OSError):  # such as that of a full disk, once more
                if self._file:
                    self._file.close()
            for path in (self._partial, self._path):
                path.unlink(missing_ok=True)
            with suppress(OSError):  # it has the marker, or is gone
                self._path.parent.rmdir()

    def _opened(self) -> BufferedWriter:
        if self._file is None:
            self._path.parent.mkdir(exist_ok=True)
            self._file = self._partial.open("xb")
        return self._file
