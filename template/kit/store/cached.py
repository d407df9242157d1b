"""Keeps what coroutine functions return in the store, so that it is computed once for many callers."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import cached_property, partial, update_wrapper
from hashlib import sha256
from inspect import signature
from typing import Any, Concatenate, Generic, NamedTuple, ParamSpec, TypeVar, get_type_hints
from weakref import WeakKeyDictionary
from zlib import crc32

import orjson
import structlog
from pydantic import TypeAdapter
from structlog.typing import FilteringBoundLogger

from kit.errors import ServiceUnavailableException
from kit.store.errors import LockTimeoutError
from kit.store.store import StoreService

P = ParamSpec("P")
R = TypeVar("R")
Function = Callable[Concatenate[StoreService, P], Coroutine[Any, Any, R]]
Generation = tuple[int, int]
"""How often a key, and all keys together, have been invalidated."""

JITTER = 0.1  # entries that were written together do not expire together: they live up to this part shorter
LOCKS = 64  # for each namespace; keys share them, because a lock may leave a file
ALL = "all"
MAX_KEY = 100
MARGIN = 3600.0  # seconds that a computation may take and still notice that its key was invalidated

log: FilteringBoundLogger = structlog.get_logger(__name__)


class Entry(NamedTuple):
    """A value as JSON, until when it is fresh (seconds since 1970), and the generation that it belongs to."""

    json: str
    fresh_until: float
    generation: Generation


class Cached(Generic[P, R]):
    """A coroutine function whose results are in the store; see `cached`."""

    def __init__(
        self, function: Function[P, R], namespace: str, ttl: float, key: Callable[..., str] | None, **options: Any
    ) -> None:
        self._function = function
        self._namespace = namespace
        self._ttl = ttl
        self._key = key
        self._stale: float = options["stale"]
        self._locks: bool = options["across_processes"]
        self._flights = WeakKeyDictionary[StoreService, dict[str, asyncio.Task[R]]]()
        self._signature = signature(function)
        update_wrapper(self, function)

    async def __call__(self, store: StoreService, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return the result from the store, or compute it; concurrent calls with the same key compute it once."""
        key = self.key_of(store, *args, **kwargs)
        entry, generation = await self._read(store, key)
        if entry and entry.fresh_until > time.time():
            return self._adapter.validate_json(entry.json)
        flights = self._flights.setdefault(store, {})
        if not (flight := flights.get(key)):
            work = partial(self._function, store, *args, **kwargs)
            flight = asyncio.create_task(self._compute(store, key, generation, work), name=f"cached {self._namespace}")
            flights[key] = flight
            flight.add_done_callback(lambda task: self._land(flights, key, task))
        if entry and self._stale:
            return self._adapter.validate_json(entry.json)
        return await asyncio.shield(flight)  # a caller that goes away does not end it for the others

    async def invalidate(self, store: StoreService, /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Forget the result for these arguments, also one that is being computed now.

        Raises `ServiceUnavailableException` if the store is away: the result would be returned until its TTL ends.
        """
        key = self.key_of(store, *args, **kwargs)
        self._flights.get(store, {}).pop(key, None)
        lifetime = self._ttl + self._stale + MARGIN
        await store.increment(self._namespace, f"{key}#", ttl=lifetime)
        await store.expire(self._namespace, f"{key}#", lifetime)

    async def invalidate_all(self, store: StoreService) -> None:
        """Forget all results, as `invalidate` does."""
        self._flights.pop(store, None)
        await store.increment(self._namespace, ALL)

    def key_of(self, store: StoreService, /, *args: P.args, **kwargs: P.kwargs) -> str:
        """Return the key of a call: what `key` returns, or else the arguments as JSON."""
        if self._key:
            return _short(f"={self._key(*args, **kwargs)}")
        bound = self._signature.bind(store, *args, **kwargs)
        bound.apply_defaults()
        try:
            return _short(orjson.dumps([*bound.arguments.values()][1:]).decode())
        except TypeError as error:
            raise TypeError(
                f"The arguments of {self._function.__qualname__} are no JSON; give cached a `key`"
            ) from error

    @cached_property
    def _adapter(self) -> TypeAdapter[R]:
        return TypeAdapter(get_type_hints(self._function)["return"])

    async def _read(self, store: StoreService, key: str) -> tuple[Entry | None, Generation | None]:
        """Return the valid entry of a key, and the generation of the key now."""
        try:
            found: dict[str, Any] = await store.get_many(self._namespace, [key, f"{key}#", ALL])
        except ServiceUnavailableException as error:
            log.warning("a cache does not answer", namespace=self._namespace, cause=repr(error.__cause__ or error))
            return None, None
        generation = found.get(f"{key}#", 0), found.get(ALL, 0)
        if (payload := found.get(key)) is None:
            return None, generation
        json, fresh_until, written = payload
        return Entry(json, fresh_until, generation) if tuple(written) == generation else None, generation

    async def _compute(
        self,
        store: StoreService,
        key: str,
        generation: Generation | None,
        work: Callable[[], Awaitable[R]],
    ) -> R:
        async with AsyncExitStack() as stack:
            if generation is not None and self._locks:
                await self._take_turn(stack, store, key)
                entry, generation = await self._read(store, key)
                if entry and entry.fresh_until > time.time():
                    return self._adapter.validate_json(entry.json)
            result = await work()
            if generation is not None:
                await self._write(store, key, generation, result)
            return result

    async def _take_turn(self, stack: AsyncExitStack, store: StoreService, key: str) -> None:
        name = f"{self._namespace}.{crc32(key.encode()) % LOCKS}"
        try:
            await stack.enter_async_context(store.create_namespace_lock(name, timeout=self._ttl))
        except LockTimeoutError:
            log.warning("a cache waits no longer for another process", namespace=self._namespace)

    async def _write(self, store: StoreService, key: str, generation: Generation, result: R) -> None:
        ttl = self._ttl * (1 - JITTER * random.random())  # noqa: S311 - nobody gains by guessing it
        entry = Entry(self._adapter.dump_json(result).decode(), time.time() + ttl, generation)
        try:
            await store.set(self._namespace, key, [*entry[:2], list(generation)], ttl=ttl + self._stale)
        except ServiceUnavailableException as error:
            log.warning("a cache does not answer", namespace=self._namespace, cause=repr(error.__cause__ or error))

    def _land(self, flights: dict[str, asyncio.Task[R]], key: str, flight: asyncio.Task[R]) -> None:
        if flights.get(key) is flight:
            del flights[key]
        if not flight.cancelled() and (error := flight.exception()):
            log.debug("a cached function failed", namespace=self._namespace, error=repr(error))


def _short(key: str) -> str:
    """Return a key that the store takes, however long the arguments are."""
    return key if len(key) <= MAX_KEY else sha256(key.encode()).hexdigest()


def cached(
    namespace: str,
    ttl: float | timedelta,
    *,
    key: Callable[..., str] | None = None,
    stale: float = 0,
    across_processes: bool = False,
) -> Callable[[Function[P, R]], Cached[P, R]]:
    """Keep what a coroutine function returns in a namespace of the store, for at most `ttl` seconds.

    The function takes the store first, and declares what it returns, which Pydantic writes and reads as JSON; `None` is
    a result as any other, and an error is not kept. Concurrent calls with the same key run the function once in this
    process, and with `across_processes` once in all of them. For `stale` seconds after the TTL, a call returns the
    former result at once while a new one is computed. A computation can outlive the request that began it, so the
    function opens what it needs, such as a session, itself. `key` makes the key of the arguments after the store;
    without it they must be JSON. If the store is away, each call runs the function.
    """
    seconds = ttl.total_seconds() if isinstance(ttl, timedelta) else ttl
    if not seconds > 0 or not stale >= 0:
        raise ValueError(f"The ttl must be positive and stale at least 0 seconds, not {seconds} and {stale}")

    def decorate(function: Function[P, R]) -> Cached[P, R]:
        if "return" not in function.__annotations__:
            raise TypeError(f"{function.__qualname__} must declare what it returns")
        return Cached(function, namespace, seconds, key, stale=stale, across_processes=across_processes)

    return decorate
