"""A lock of a namespace between machines: a key with a token, which its holder renews."""

import asyncio
from contextlib import suppress
from time import monotonic
from uuid import uuid4

from kit.errors import ServiceUnavailableException
from kit.store.redis.server import Server

LIFE = 10.0  # seconds after which the lock of a dead process is free
RENEWALS = 4  # during that time
SPARE = 0.1  # the part of that time in which a holder that has lost its lock can end


class KeyLatch:
    """The key expires when its holder stops renewing it; a holder that finds it gone has lost the lock."""

    def __init__(self, server: Server, namespace: bytes) -> None:
        self._server = server
        self._name = b"lock:" + namespace
        self._token = uuid4().hex

    async def try_acquire(self) -> bool:
        self._renewed = monotonic()
        key = self._server.key(self._name)
        return bool(await self._server.ask(self._server.redis.set(key, self._token, nx=True, px=int(LIFE * 1000))))

    async def keep(self) -> None:
        while (left := self._left()) > 0:
            await asyncio.sleep(min(LIFE / RENEWALS, left))
            with suppress(ServiceUnavailableException, TimeoutError):  # the server may be back before the key expires
                async with asyncio.timeout(self._left()):
                    if not await self._renew():
                        return

    async def release(self) -> None:
        await self._server.run_repeatable("free_lock", self._name, self._token)

    async def _renew(self) -> bool:
        asked = monotonic()
        kept = bool(await self._server.run_repeatable("keep_lock", self._name, self._token, int(LIFE * 1000)))
        if kept:
            self._renewed = asked
        return kept

    def _left(self) -> float:
        """Return the seconds until the holder must end, which is before the key expires."""
        return self._renewed + LIFE * (1 - SPARE) - monotonic()
