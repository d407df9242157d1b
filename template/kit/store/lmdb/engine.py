"""The engine of a store on LMDB."""

import asyncio
import time
from functools import partial

from kit.leader import Leader
from kit.store.engine import LEASE, Call, Lifetime, Record
from kit.store.lmdb.calls import Calls
from kit.store.lmdb.environment import Environment
from kit.store.lmdb.latch import FileLatch
from kit.store.lmdb.settings import LmdbSettings
from kit.store.lmdb.tables import WIDTH, Search, Tables, lives
from kit.store.lmdb.writer import Clock, Writer


def milliseconds_since_1970() -> int:
    return time.time_ns() // 1_000_000


class LmdbEngine:
    """Reads on the event loop, which takes a microsecond, and writes in a thread."""

    def __init__(self, settings: LmdbSettings, max_namespaces: int, clock: Clock = milliseconds_since_1970) -> None:
        self.environment = Environment(settings)
        self.calls = Calls(self.environment)
        self.tables = Tables(self.environment, self.calls, max_namespaces)
        self._writer = Writer(self.environment, clock)
        self._leader = Leader(settings.path / "leader.lock")
        self._path = settings.path
        self._clock = clock

    async def get(self, name: bytes) -> bytes | None:
        stored = self.environment.get(name)
        return stored[WIDTH:] if stored and lives(stored, self._clock()) else None

    async def get_many(self, names: list[bytes]) -> list[bytes | None]:
        return self.environment.read(partial(self.tables.payloads, now=self._clock(), names=names))

    async def put(self, entries: list[tuple[bytes, bytes]], lifetime: Lifetime, *, only_new: bool = False) -> bool:
        put = self.tables.add if only_new else self.tables.put
        return await self._writer.write(partial(put, entries=entries, lifetime=lifetime))

    async def delete(self, name: bytes) -> bool:
        return await self._writer.write(partial(self.tables.delete, name=name))

    async def expire(self, name: bytes, ttl: int | None) -> bool:
        return await self._writer.write(partial(self.tables.expire, name=name, ttl=ttl))

    async def left(self, name: bytes) -> int | None:
        return self.environment.read(partial(self.tables.left, now=self._clock(), name=name))

    async def increment(self, name: bytes, by: int, ttl: int | None) -> int:
        return await self._writer.write(partial(self.tables.increment, name=name, by=by, ttl=ttl))

    async def scan(self, prefix: bytes, after: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        search = Search(prefix, max(prefix, after + b"\0"), limit)
        while search.start is not None:
            self.environment.read(partial(self.tables.scan, now=self._clock(), search=search))
            await asyncio.sleep(0)  # others have their turn
        return search.found

    async def records(self, after: bytes, limit: int) -> list[Record]:
        return self.environment.read(partial(self.tables.records, after=after, limit=limit))

    def latch(self, namespace: bytes) -> FileLatch:
        return FileLatch(self._path / "locks", namespace)

    async def lead(self) -> bool:
        return self._leader.try_acquire()

    async def sweep(self, limit: int) -> int:
        if not self.environment.read(partial(self.tables.has_expired, now=self._clock())):
            return 0
        return await self._writer.write(partial(self.tables.sweep, limit=limit))

    async def take(self, limit: int) -> list[Call]:
        if not self.environment.read(partial(self.calls.has_due, now=self._clock())):
            return []
        return await self._writer.write(partial(self.calls.take, limit=limit))

    async def renew(self, calls: list[Call]) -> None:
        await asyncio.gather(*(self.retry(call, LEASE) for call in calls))

    async def settle(self, call: Call) -> None:
        await self._writer.write(partial(self.calls.settle, call=call))

    async def retry(self, call: Call, delay: int) -> None:
        await self._writer.write(partial(self.calls.put_off, call=call, delay=delay))

    async def bury(self, call: Call) -> None:
        await self._writer.write(partial(self.calls.bury, call=call))

    async def dead(self, limit: int) -> list[Call]:
        return self.environment.read(partial(self.calls.list_dead, limit=limit))

    async def requeue(self, ids: list[str]) -> int:
        return await self._writer.write(partial(self.calls.requeue, ids=ids))

    async def ping(self) -> None:
        """Have the thread commit a transaction in which nothing is written."""
        await self._writer.write(lambda _transaction, _now: None)

    async def close(self) -> None:
        await self._writer.close()
        self._leader.release()
        self.environment.close()
