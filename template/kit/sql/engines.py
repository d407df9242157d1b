"""The two engines of a database: one reads without a transaction, one writes in one."""

from pathlib import Path
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine


class Engines(NamedTuple):
    """A read costs the reader one round trip and the writer three (BEGIN, SELECT, COMMIT)."""

    reader: AsyncEngine
    writer: AsyncEngine
    directory: Path | None = None  # where the service keeps the data itself
