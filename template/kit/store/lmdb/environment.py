"""LMDB's memory-mapped file: read on the event loop, written by one thread, and growing with its data."""

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeAlias, TypeVar

import lmdb

from kit.store.lmdb.settings import LmdbSettings

Result = TypeVar("Result")
Transaction: TypeAlias = "lmdb.Transaction[bytes]"

MAX_READERS = 1024  # processes
TABLES = 7
SYNC = {"full": {}, "data": {"metasync": False}, "off": {"sync": False}}


class Environment:
    """The open file. LMDB can be remapped only while no transaction of this process is open."""

    def __init__(self, settings: LmdbSettings) -> None:
        settings.path.mkdir(parents=True, exist_ok=True)
        self.lmdb = lmdb.open(
            str(settings.path),
            map_size=settings.map_size,
            max_dbs=TABLES,
            max_readers=MAX_READERS,
            max_spare_txns=2,
            readahead=False,  # if the file exceeds the memory, it evicts pages that are needed
            **SYNC[settings.sync],
        )
        self.lmdb.reader_check()  # or pages that a killed process was reading are never freed
        self._writing = Lock()
        self.data = self.table(b"data")

    def table(self, name: bytes, *, dupsort: bool = False) -> Any:
        """Open a table, or create it; other processes may be doing the same, or already be writing."""
        while True:
            try:
                return self.lmdb.open_db(name, dupsort=dupsort)
            except lmdb.MapFullError:
                self.grow()
            except lmdb.MapResizedError:
                self.adopt()

    def get(self, name: bytes) -> bytes | None:
        """Return what is stored under a name; call this on the event loop only."""
        try:
            with self.lmdb.begin(self.data) as transaction:
                return transaction.get(name)
        except lmdb.MapResizedError:
            self.adopt()
            return self.get(name)

    def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work` in a read transaction; call this on the event loop only. `work` must not await."""
        while True:
            try:
                with self.lmdb.begin() as transaction:
                    return work(transaction)
            except lmdb.MapResizedError:
                self.adopt()

    def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work` in a transaction, and commit it; call this in the writer thread only."""
        with self._writing, self.lmdb.begin(write=True) as transaction:
            return work(transaction)

    def adopt(self) -> None:
        """Remap a file that another process has enlarged; call this on the event loop only."""
        self._map(0)

    def grow(self) -> None:
        """Double the size of the map; call this on the event loop only."""
        self._map(self.lmdb.info()["map_size"] * 2)

    def close(self) -> None:
        self.lmdb.close()

    def _map(self, size: int) -> None:
        with self._writing:
            self.lmdb.set_mapsize(size)
