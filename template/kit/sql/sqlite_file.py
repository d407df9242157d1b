"""The file of an SQLite database, which somebody can delete or replace while connections have it open."""

from pathlib import Path
from sqlite3 import OperationalError
from typing import Any

from sqlalchemy import exc


class DatabaseFile:
    """Refuses to use connections once the path leads to another file: what they write would be lost."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: tuple[int, int] | None = None

    def check(self, *_: Any) -> None:
        """Raise an error if the file is not the one that was opened first; a new one must not take its place."""
        if self._opened and self._opened != self._identity():
            reason = OperationalError(f"{self.path} was deleted or replaced; restart the service to use the new file")
            raise exc.OperationalError(None, None, reason)

    def remember(self, *_: Any) -> None:
        self._opened = self._opened or self._identity()

    def _identity(self) -> tuple[int, int] | None:
        """Return the device and the inode of the file, or `None` if there is none."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino
