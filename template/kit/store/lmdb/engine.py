"""The engine on LMDB."""

import asyncio
import time
from functools import partial

from kit.errors import ServiceUnavailableException
from kit.process_lock import Lead
from kit.store.engine import LEASE, DueCallback, Lifetime, Record
from kit.store.lmdb.callbacks import CallbackQueue
from kit.store.lmdb.environment import Environment
from kit.store.lmdb.latch import FileLatch
from kit.store.lmdb.settings import LmdbSettings
from kit.store.lmdb.stored import payload_of
from kit.store.lmdb.tables import Search, Tables
from kit.store.lmdb.writer import Clock, Writer


def milliseconds_since_1970() -> int:
    return time.time_ns() // 1_000_000


class LmdbEngine:
    """Reads on the event loop, which takes a microsecond, and writes in a thread."""

    def __init__(self, settings: LmdbSettings, max_namespaces: int, clock: Clock = milliseconds_since_1970) -> None:
        self.environment = Environment(settings)
        self.callbacks = CallbackQueue(self.environment)
        self.tables = Tables(self.environment, self.callbacks, max_namespaces)
        self._writer = Writer(self.environment, clock)
        self._lead = Lead(settings.path / "leader.lock")
        self._path = settings.path
        self._clock = clock

    async def get(self, name: bytes) -> bytes | None:
        return payload_of(self.environment.get(name), self._clock())

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
            await asyncio.sleep(0)  # let other tasks run
        return search.found

    async def records(self, after: bytes, limit: int) -> list[Record]:
        return self.environment.read(partial(self.tables.records, after=after, limit=limit))

    def latch(self, namespace: bytes) -> FileLatch:
        return FileLatch(self._path / "locks", namespace)

    async def lead(self) -> bool:
        return self._lead.try_acquire()

    async def sweep(self, limit: int) -> int:
        if not self.environment.read(partial(self.tables.has_expired, now=self._clock())):
            return 0
        return await self._writer.write(partial(self.tables.sweep, limit=limit))

    async def take(self, limit: int) -> list[DueCallback]:
        if not self.environment.read(partial(self.callbacks.has_due, now=self._clock())):
            return []
        return await self._writer.write(partial(self.callbacks.take, limit=limit))

    async def renew(self, callbacks: list[DueCallback]) -> None:
        await asyncio.gather(*(self.retry(callback, LEASE) for callback in callbacks))

    async def settle(self, callback: DueCallback) -> None:
        await self._writer.write(partial(self.callbacks.settle, callback=callback))

    async def retry(self, callback: DueCallback, delay: int) -> None:
        await self._writer.write(partial(self.callbacks.put_off, callback=callback, delay=delay))

    async def ping(self) -> None:
        """Make the writer thread write to the disk, and raise an error if nobody removes expired keys."""
        await self._writer.write(self.tables.ping)
        if self._lead.is_stuck:
            seconds = round(self._lead.silence)
            raise ServiceUnavailableException(f"The process that removes expired keys has been stuck for {seconds} s")

    async def close(self) -> None:
        await self._writer.close()
        self._lead.release()
        self.environment.close()
