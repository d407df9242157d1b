"""The interface of the engines, which hold the data. Names and payloads are bytes, times are in milliseconds."""

from dataclasses import dataclass
from typing import Protocol

LEASE = 30_000  # milliseconds without a renewal after which another worker can take a callback


@dataclass(frozen=True)
class DueCallback:
    """A callback to make: the key `name` has expired, and `attempts` calls have failed so far.

    `expired_at` is in milliseconds since 1970; 0 for what a former version has noted without it.
    """

    id: str
    name: bytes
    callback: str
    attempts: int = 0
    expired_at: int = 0


@dataclass(frozen=True)
class Record:
    """All data of a key; `deadline` is in milliseconds since 1970, or `None` if the key does not expire."""

    name: bytes
    payload: bytes
    deadline: int | None = None
    callback: str = ""


@dataclass(frozen=True)
class Lifetime:
    """How long a key lives, in milliseconds (`None`: forever), and which callback is called when it expires."""

    ttl: int | None = None
    callback: str = ""

    def deadline(self, now: int) -> int:
        """Return the time at which it ends, or 0 if it does not end."""
        return now + self.ttl if self.ttl else 0


class Latch(Protocol):
    """A lock of a namespace, held by one process at a time."""

    async def try_acquire(self) -> bool: ...

    async def keep(self) -> None:
        """Keep the lock while this process holds it; if this returns or raises, the lock is lost."""
        ...

    async def release(self) -> None: ...


class Engine(Protocol):
    """Stores names, payloads, deadlines and due callbacks. What it acknowledges is stored.

    A write to a name whose deadline has passed comes after that expiry: the callback is still due.
    """

    async def get(self, name: bytes) -> bytes | None: ...

    async def get_many(self, names: list[bytes]) -> list[bytes | None]: ...

    async def put(self, entries: list[tuple[bytes, bytes]], lifetime: Lifetime, *, only_new: bool = False) -> bool:
        """Write all entries or none; return `False` if `only_new` is set and one of them exists."""
        ...

    async def delete(self, name: bytes) -> bool: ...

    async def expire(self, name: bytes, ttl: int | None) -> bool: ...

    async def left(self, name: bytes) -> int | None:
        """Return the milliseconds left: -1 if the name does not expire, `None` if it does not exist."""
        ...

    async def increment(self, name: bytes, by: int, ttl: int | None) -> int: ...

    async def scan(self, prefix: bytes, after: bytes, limit: int) -> list[tuple[bytes, bytes]]: ...

    async def records(self, after: bytes, limit: int) -> list[Record]:
        """Return up to `limit` records in the order of their names, starting after `after`."""
        ...

    def latch(self, namespace: bytes) -> Latch: ...

    async def lead(self) -> bool:
        """Return whether this worker may sweep and make callbacks."""
        ...

    async def sweep(self, limit: int) -> int:
        """Remove up to `limit` expired names, make their callbacks due, and return how many were removed."""
        ...

    async def take(self, limit: int) -> list[DueCallback]:
        """Take due callbacks; they become due again after `LEASE` milliseconds unless they are renewed."""
        ...

    async def renew(self, callbacks: list[DueCallback]) -> None: ...

    async def settle(self, callback: DueCallback) -> None:
        """Remove a callback that was made or given up."""
        ...

    async def retry(self, callback: DueCallback, delay: int) -> None:
        """Make a callback due again after `delay` milliseconds."""
        ...

    async def ping(self) -> None: ...

    async def close(self) -> None: ...
