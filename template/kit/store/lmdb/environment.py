"""LMDB's file, mapped into memory: read on the event loop, written by one thread, growing with its data."""

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeAlias, TypeVar

import lmdb

from kit.store.lmdb.settings import LmdbSettings

Result = TypeVar("Result")
Transaction: TypeAlias = "lmdb.Transaction[bytes]"

MAX_READERS = 1024  # processes
TABLES = 6
SYNC = {"full": {}, "data": {"metasync": False}, "off": {"sync": False}}


class Environment:
    """The open file. LMDB may only be mapped anew while no transaction of this process is open."""

    def __init__(self, settings: LmdbSettings) -> None:
        settings.path.mkdir(parents=True, exist_ok=True)
        self.lmdb = lmdb.open(
            str(settings.path),
            map_size=settings.map_size,
            max_dbs=TABLES,
            max_readers=MAX_READERS,
            max_spare_txns=2,
            readahead=False,  # with a file larger than memory it takes the place of what is needed
            **SYNC[settings.sync],
        )
        self.lmdb.reader_check()  # what a killed process was reading would never be freed
        self._writing = Lock()
        self.data = self.table(b"data")

    def table(self, name: bytes, *, dupsort: bool = False) -> Any:
        """Open a table, and make it if it is missing; other processes may be doing the same, or writing already."""
        while True:
            try:
                return self.lmdb.open_db(name, dupsort=dupsort)
            except lmdb.MapFullError:
                self.grow()
            except lmdb.MapResizedError:
                self.adopt()

    def get(self, name: bytes) -> bytes | None:
        """Read what is kept under a name; only on the event loop."""
        try:
            with self.lmdb.begin(self.data) as transaction:
                return transaction.get(name)
        except lmdb.MapResizedError:
            self.adopt()
            return self.get(name)

    def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Do this in a transaction that reads; only on the event loop, and never across an `await`."""
        while True:
            try:
                with self.lmdb.begin() as transaction:
                    return work(transaction)
            except lmdb.MapResizedError:
                self.adopt()

    def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Do this in a transaction that is committed at the end; only in the thread that writes."""
        with self._writing, self.lmdb.begin(write=True) as transaction:
            return work(transaction)

    def adopt(self) -> None:
        """Map what another process has made larger; only on the event loop."""
        self._map(0)

    def grow(self) -> None:
        """Double the map; only on the event loop."""
        self._map(self.lmdb.info()["map_size"] * 2)

    def close(self) -> None:
        self.lmdb.close()

    def _map(self, size: int) -> None:
        with self._writing:
            self.lmdb.set_mapsize(size)
