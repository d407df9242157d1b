"""The engine on Redis."""

from functools import partial
from typing import Any

from kit.store.engine import LEASE, DueCallback, Lifetime, Record
from kit.store.redis.latch import KeyLatch
from kit.store.redis.scripts import SCRIPTS
from kit.store.redis.server import Server
from kit.store.redis.settings import RedisSettings

GONE = -2  # PTTL's answer for a missing key
LOOKED_AT_AT_ONCE = 500  # names that a search reads; many may have expired


class RedisEngine:
    """Each operation is a command or a script; the server's settings decide which writes survive a crash.

    If the connection is lost, an operation that leaves the same when it runs twice is tried again. The others are not:
    a second increment adds twice, and after a second `delete`, `take` or lock, the answer belongs to nobody.
    """

    def __init__(self, settings: RedisSettings, max_namespaces: int) -> None:
        self.server = Server(settings, SCRIPTS)
        self._max_namespaces = max_namespaces

    async def get(self, name: bytes) -> bytes | None:
        return await self.server.ask_repeatable(partial(self.server.redis.get, self._data(name)))

    async def get_many(self, names: list[bytes]) -> list[bytes | None]:
        keys = [self._data(name) for name in names]
        return await self.server.ask_repeatable(partial(self.server.redis.mget, keys)) if keys else []

    async def put(self, entries: list[tuple[bytes, bytes]], lifetime: Lifetime, *, only_new: bool = False) -> bool:
        flat = (part for entry in entries for part in entry)
        options = (self._max_namespaces, lifetime.ttl or 0, lifetime.callback, int(only_new))
        run = self.server.run if only_new else self.server.run_repeatable  # a second try would find its own entry
        return bool(await run("put", *options, *flat))

    async def delete(self, name: bytes) -> bool:
        return bool(await self.server.run("delete", name))

    async def expire(self, name: bytes, ttl: int | None) -> bool:
        return bool(await self.server.run_repeatable("expire", name, ttl or 0))

    async def left(self, name: bytes) -> int | None:
        left: int = await self.server.ask_repeatable(partial(self.server.redis.pttl, self._data(name)))
        return None if left == GONE else left

    async def increment(self, name: bytes, by: int, ttl: int | None) -> int:
        return int(await self.server.run("increment", self._max_namespaces, name, by, ttl or 0))

    async def scan(self, prefix: bytes, after: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        found: list[tuple[bytes, bytes]] = []
        start = b"(" + after if after >= prefix else b"[" + prefix
        at_once = limit
        while len(found) < limit:
            names = await self._names(start, b"(" + prefix + b"\xff", at_once)  # UTF-8 never contains 0xff
            payloads = zip(names, await self.get_many(names), strict=True)
            found += [(name, payload) for name, payload in payloads if payload is not None]
            if len(names) < at_once:
                break
            start = b"(" + names[-1]
            at_once = min(at_once * 2, LOOKED_AT_AT_ONCE)
        return found[:limit]

    async def records(self, after: bytes, limit: int) -> list[Record]:
        start = b"(" + after if after else b"-"
        rows: list[list[bytes]] = await self.server.run_repeatable("records", start, limit)
        return [
            Record(name, payload or b"", int(float(deadline)) or None, callback.decode())
            for name, payload, deadline, callback in rows
        ]

    def latch(self, namespace: bytes) -> KeyLatch:
        return KeyLatch(self.server, namespace)

    async def lead(self) -> bool:
        return True  # each script is atomic: no two workers sweep or take the same

    async def sweep(self, limit: int) -> int:
        return await self.server.run_repeatable("sweep", limit)

    async def take(self, limit: int) -> list[DueCallback]:
        return _callbacks(await self.server.run("take", limit, LEASE))

    async def renew(self, callbacks: list[DueCallback]) -> None:
        for callback in callbacks:
            await self.retry(callback, LEASE)

    async def settle(self, callback: DueCallback) -> None:
        await self.server.run_repeatable("settle", callback.id)

    async def retry(self, callback: DueCallback, delay: int) -> None:
        await self.server.run_repeatable("retry", delay, callback.id, callback.attempts)

    async def ping(self) -> None:
        """Write a key as other operations do: in a script, and under the prefix of the service."""
        await self.server.run_repeatable("ping")

    async def close(self) -> None:
        await self.server.close()

    async def _names(self, start: bytes, end: bytes, limit: int) -> list[bytes]:
        key = self.server.key(b"names")
        return await self.server.ask_repeatable(
            partial(self.server.redis.zrangebylex, key, start, end, start=0, num=limit)
        )

    def _data(self, name: bytes) -> bytes:
        return self.server.key(b"data:" + name)


def _callbacks(rows: list[list[Any]]) -> list[DueCallback]:
    return [
        DueCallback(identifier.decode(), name, callback.decode(), int(attempts), int(float(expired_at or 0)))
        for identifier, name, callback, attempts, expired_at in rows
    ]
