"""The store that everybody works with, the same on every engine."""

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from weakref import WeakValueDictionary

from fastapi import FastAPI

from kit.store.callbacks import Callbacks, Handler
from kit.store.engine import Engine, Lifetime
from kit.store.lock import NamespaceLock, Turn
from kit.store.names import decode, encode, encode_prefix, namespace_of
from kit.store.values import Value, is_whole_number, milliseconds
from kit.store.values import decode as decode_value
from kit.store.values import encode as encode_value


class StoreService:
    """Values under keys in namespaces; it belongs to the event loop that opened it.

    A TTL is in seconds or a `timedelta`, to the millisecond. A key whose TTL has passed is gone at once for all who
    look. Each write is atomic, `set_many` too, and has happened for good once it returns; one that is cancelled may
    still happen. Keys and values that no store takes raise `ValueError` or `TypeError`, an engine that is away
    `ServiceUnavailableException`, and a store that is closed or of another event loop `RuntimeError`.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.callbacks = Callbacks()
        self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        self._turns = WeakValueDictionary[str, Turn]()

    async def get(self, namespace: str, key: str) -> Value | None:
        """Give a value, `None` if there is none."""
        payload = await self._open_engine().get(encode(namespace, key))
        return None if payload is None else decode_value(payload)

    async def get_many(self, namespace: str, keys: Iterable[str]) -> dict[str, Value]:
        """Give the values of those keys that are there."""
        wanted = list(keys)
        payloads = await self._open_engine().get_many([encode(namespace, key) for key in wanted])
        found = zip(wanted, payloads, strict=True)
        return {key: decode_value(payload) for key, payload in found if payload is not None}

    async def set(
        self,
        namespace: str,
        key: str,
        value: Value,
        *,
        ttl: float | timedelta | None = None,
        on_expiry: str | None = None,
    ) -> None:
        """Write a value, for good or for `ttl`; the callback named `on_expiry` hears when that has passed.

        Writing over a key or deleting it cancels what was to happen at its expiry. A namespace too many raises
        `NamespaceQuotaError`.
        """
        entries = [(encode(namespace, key), encode_value(value))]
        await self._open_engine().put(entries, _lifetime(ttl, on_expiry))

    async def set_many(
        self,
        namespace: str,
        values: Mapping[str, Value],
        *,
        ttl: float | timedelta | None = None,
        on_expiry: str | None = None,
    ) -> None:
        """Write all these values, or none of them."""
        entries = [(encode(namespace, key), encode_value(value)) for key, value in values.items()]
        lifetime = _lifetime(ttl, on_expiry)
        if entries:
            await self._open_engine().put(entries, lifetime)

    async def add(
        self,
        namespace: str,
        key: str,
        value: Value,
        *,
        ttl: float | timedelta | None = None,
        on_expiry: str | None = None,
    ) -> bool:
        """Write a value if the key has none, and tell whether it was written; of many who add at once, one does."""
        entries = [(encode(namespace, key), encode_value(value))]
        return await self._open_engine().put(entries, _lifetime(ttl, on_expiry), only_new=True)

    async def delete(self, namespace: str, key: str) -> bool:
        """Remove a key, and tell whether it was there."""
        return await self._open_engine().delete(encode(namespace, key))

    async def exists(self, namespace: str, key: str) -> bool:
        """Tell whether a key is there."""
        return await self._open_engine().left(encode(namespace, key)) is not None

    async def expire(self, namespace: str, key: str, ttl: float | timedelta | None) -> bool:
        """Let a key live for `ttl` from now, `None` for ever, and tell whether it was there.

        Its callback then comes at the new time; a key that stays for ever has none any more.
        """
        return await self._open_engine().expire(encode(namespace, key), milliseconds(ttl))

    async def ttl(self, namespace: str, key: str) -> float | None:
        """Give the seconds that a key has left: `math.inf` if it stays, `None` if it is not there."""
        left = await self._open_engine().left(encode(namespace, key))
        if left is None:
            return None
        return math.inf if left < 0 else left / 1000

    async def increment(self, namespace: str, key: str, by: int = 1, *, ttl: float | timedelta | None = None) -> int:
        """Add to a whole number of 64 bits, 0 if the key is new, and give the sum; `ttl` is that of a new key.

        Another value, or a sum of more than 64 bits, raises `NotANumberError`.
        """
        if not is_whole_number(encode_value(by)):
            raise TypeError(f"A key is incremented by a whole number of 64 bits, not by {by!r}")
        return await self._open_engine().increment(encode(namespace, key), by, milliseconds(ttl))

    async def scan(
        self, namespace: str, prefix: str = "", *, after: str | None = None, limit: int = 100
    ) -> list[tuple[str, Value]]:
        """Give keys and values in the order of the keys' bytes, from the first that comes after `after`.

        Fewer than `limit` mean that there are no more. Other tasks may write between two calls, and during one.
        """
        if limit < 1:
            raise ValueError(f"A limit is at least 1, not {limit}")
        start = encode_prefix(namespace, prefix)
        found = await self._open_engine().scan(start, encode(namespace, after) if after else b"", limit)
        return [(decode(name)[1], decode_value(payload)) for name, payload in found]

    def create_namespace_lock(self, namespace: str, *, timeout: float | None = None) -> NamespaceLock:
        """Make a lock that one task of all processes has at a time, for `async with`.

        Who waits longer than `timeout` seconds gets `LockTimeoutError`; a task that has it already gets `RuntimeError`.
        It is free again when its process dies.
        """
        latch = self._open_engine().latch(namespace_of(encode(namespace, "*")))
        return NamespaceLock(namespace, self._turns.setdefault(namespace, Turn()), latch, timeout)

    def on_expiry(self, name: str) -> Callable[[Handler], Handler]:
        """Register the decorated function, called with a namespace and a key, as the callback of this name.

        Each expiry reaches it at least once, in one process; it may be a coroutine function, or else runs in a thread.
        The name is what the store remembers, over restarts too: register it at each start, before the service answers
        requests. An expiry with a name that nobody has registered is logged as an error and skipped.

        A callback that raises is made again after 1, 2, 4, 8 and 16 seconds, since what it needs may be away for a
        moment. Each failure is logged as an error. After the sixth the expiry is skipped.
        """
        return self.callbacks.registration(name)

    async def ping(self) -> None:
        """Make sure that the store can be read and written."""
        await self._open_engine().ping()

    async def close(self) -> None:
        """Finish what is being written, and close."""
        if self._loop:
            self._loop = None
            await self.engine.close()

    def check_open(self) -> None:
        """Raise `RuntimeError` if the store cannot be used from here."""
        self._open_engine()

    def _open_engine(self) -> Engine:
        if asyncio.get_running_loop() is not self._loop:
            raise RuntimeError(
                "The store is open in another event loop: start the service in this one"
                if self._loop
                else "The store is closed"
            )
        return self.engine


def get_store(app: FastAPI) -> StoreService:
    """Give the store of a service that is running."""
    store: StoreService = app.state.store
    store.check_open()
    return store


def _lifetime(ttl: float | timedelta | None, on_expiry: str | None) -> Lifetime:
    if on_expiry is not None and ttl is None:
        raise ValueError("Without a TTL nothing expires: give a ttl with on_expiry")
    if on_expiry == "":
        raise ValueError("A callback has a name")
    return Lifetime(milliseconds(ttl), on_expiry or "")
