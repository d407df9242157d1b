"""The public interface of the store, the same on every engine."""

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
from kit.store.values import MAX_TTL, Value, is_whole_number, milliseconds
from kit.store.values import decode as decode_value
from kit.store.values import encode as encode_value


class StoreService:
    """Values under keys in namespaces; it belongs to the event loop that opened it.

    A TTL is a number of seconds or a `timedelta`, up to 1000 years and exact to the millisecond. When it has passed,
    the key is gone for all readers at once. Each write is atomic, also `set_many`, and is permanent once it returns; a
    write that is cancelled may still happen. Invalid keys, values and TTLs raise `ValueError` or `TypeError`, an engine
    that is away or refuses to work `ServiceUnavailableException`, and a store that is closed or of another event loop
    `RuntimeError`.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.callbacks = Callbacks()
        self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        self._turns = WeakValueDictionary[str, Turn]()

    async def get(self, namespace: str, key: str) -> Value | None:
        """Return the value of a key, or `None` if there is none."""
        payload = await self._open_engine().get(encode(namespace, key))
        return None if payload is None else decode_value(payload)

    async def get_many(self, namespace: str, keys: Iterable[str]) -> dict[str, Value]:
        """Return the values of those keys that exist."""
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
        """Write a value, with or without a TTL; when it expires, the callback named `on_expiry` is called.

        If you overwrite or delete the key before it expires, the callback is not called. More namespaces than
        `STORE_MAX_NAMESPACES` raise `NamespaceQuotaError`.
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
        """Write a value if the key has none, and return whether it was written; of concurrent calls, one writes."""
        entries = [(encode(namespace, key), encode_value(value))]
        return await self._open_engine().put(entries, _lifetime(ttl, on_expiry), only_new=True)

    async def delete(self, namespace: str, key: str) -> bool:
        """Delete a key, and return whether it existed."""
        return await self._open_engine().delete(encode(namespace, key))

    async def exists(self, namespace: str, key: str) -> bool:
        """Return whether a key exists."""
        return await self._open_engine().left(encode(namespace, key)) is not None

    async def expire(self, namespace: str, key: str, ttl: float | timedelta | None) -> bool:
        """Let a key expire after `ttl` from now (`None`: never), and return whether it existed.

        Its callback is then called at the new time; a key that never expires loses its callback.
        """
        return await self._open_engine().expire(encode(namespace, key), milliseconds(ttl))

    async def ttl(self, namespace: str, key: str) -> float | None:
        """Return the seconds until a key expires: `math.inf` if it does not, `None` if it does not exist."""
        left = await self._open_engine().left(encode(namespace, key))
        if left is None:
            return None
        return math.inf if left < 0 else left / 1000

    async def increment(self, namespace: str, key: str, by: int = 1, *, ttl: float | timedelta | None = None) -> int:
        """Add to a 64-bit integer and return the sum; a new key starts at 0 and gets `ttl`.

        Any other value, or a sum that does not fit into 64 bits, raises `NotANumberError`.
        """
        if not is_whole_number(encode_value(by)):
            raise TypeError(f"A key can only be incremented by a 64-bit integer, not by {by!r}")
        return await self._open_engine().increment(encode(namespace, key), by, milliseconds(ttl))

    async def scan(
        self, namespace: str, prefix: str = "", *, after: str | None = None, limit: int = 100
    ) -> list[tuple[str, Value]]:
        """Return keys and values in the order of the keys' bytes, starting after the key `after`.

        If there are fewer than `limit`, there are no more. Other tasks may write between two calls, and during one.
        """
        if limit < 1:
            raise ValueError(f"The limit must be at least 1, not {limit}")
        start = encode_prefix(namespace, prefix)
        found = await self._open_engine().scan(start, encode(namespace, after) if after else b"", limit)
        return [(decode(name)[1], decode_value(payload)) for name, payload in found]

    def create_namespace_lock(self, namespace: str, *, timeout: float | None = None) -> NamespaceLock:
        """Return a lock for `async with`, which one task of all processes holds at a time.

        Waiting longer than `timeout` seconds raises `LockTimeoutError`; taking it twice in one task, `RuntimeError`.
        The lock of a process that dies becomes free. If the store does not answer or refuses for too long, the block
        is cancelled and raises `LockLostError`, before another task can enter.
        """
        if timeout is not None and not 0 <= timeout <= MAX_TTL:
            raise ValueError(f"A timeout must be a number of seconds up to {MAX_TTL}, not {timeout}; None has no end")
        latch = self._open_engine().latch(namespace_of(encode(namespace, "*")))
        return NamespaceLock(namespace, self._turns.setdefault(namespace, Turn()), latch, timeout)

    def on_expiry(self, name: str) -> Callable[[Handler], Handler]:
        """Register the decorated function as the callback of this name; it is called with a namespace and a key.

        Each expiry reaches it at least once, in one process. If it is not a coroutine function, it runs in a thread.
        The store remembers only the name, also across restarts: register the callback at each start, before the
        service answers requests. An expiry whose callback is not registered is logged as an error and skipped.

        A callback that raises, or takes longer than `STORE_CALLBACK_TIMEOUT`, is called again after 1, 2, 4, 8 and 16
        seconds, because what it needs may be away for a moment. Each failure is logged as an error. After the sixth,
        the expiry is skipped.
        """
        return self.callbacks.registration(name)

    async def ping(self) -> None:
        """Check that the store can be read and written; raise an error if not."""
        await self._open_engine().ping()

    async def close(self) -> None:
        """Finish the pending writes, and close."""
        if self._loop:
            self._loop = None
            await self.engine.close()

    def check_open(self) -> None:
        """Raise `RuntimeError` if the store is closed or belongs to another event loop."""
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
    """Return the store of a running service."""
    store: StoreService = app.state.store
    store.check_open()
    return store


def _lifetime(ttl: float | timedelta | None, on_expiry: str | None) -> Lifetime:
    if on_expiry is not None and ttl is None:
        raise ValueError("on_expiry needs a ttl: a key without one does not expire")
    if on_expiry == "":
        raise ValueError("The name of a callback must not be empty")
    return Lifetime(milliseconds(ttl), on_expiry or "")
