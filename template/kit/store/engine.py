"""What a store needs of what keeps its data. Names and payloads are bytes, times milliseconds."""

from dataclasses import dataclass
from typing import Protocol

LEASE = 30_000  # milliseconds after which a callback is another worker's, if nothing is heard of the one that took it


@dataclass(frozen=True)
class DueCallback:
    """A callback to make: the key `name` has expired, and `attempts` to tell so have failed."""

    id: str
    name: bytes
    callback: str
    attempts: int = 0


@dataclass(frozen=True)
class Record:
    """All that is kept of a key; `deadline` is in milliseconds since 1970, `None` for a key that stays."""

    name: bytes
    payload: bytes
    deadline: int | None = None
    callback: str = ""


@dataclass(frozen=True)
class Lifetime:
    """How long what is written stays (`None`: for ever), and which callback hears of its end."""

    ttl: int | None = None
    callback: str = ""

    def deadline(self, now: int) -> int:
        """Give the time of the end, 0 for none."""
        return now + self.ttl if self.ttl else 0


class Latch(Protocol):
    """A lock of a namespace that one process at a time can have."""

    async def try_acquire(self) -> bool: ...

    async def keep(self) -> None:
        """Do what keeps the lock ours, for as long as it is; returning or raising means that it is lost."""
        ...

    async def release(self) -> None: ...


class Engine(Protocol):
    """Keeps names, payloads, deadlines and callbacks that are due. What it has acknowledged, it has kept.

    A write of a name whose deadline has passed comes after that expiry: its callback is due all the same.
    """

    async def get(self, name: bytes) -> bytes | None: ...

    async def get_many(self, names: list[bytes]) -> list[bytes | None]: ...

    async def put(self, entries: list[tuple[bytes, bytes]], lifetime: Lifetime, *, only_new: bool = False) -> bool:
        """Write all entries or none; `False` if one was there and `only_new` asked that none be."""
        ...

    async def delete(self, name: bytes) -> bool: ...

    async def expire(self, name: bytes, ttl: int | None) -> bool: ...

    async def left(self, name: bytes) -> int | None:
        """Give the milliseconds that are left, -1 for a name that stays and `None` for one that is not there."""
        ...

    async def increment(self, name: bytes, by: int, ttl: int | None) -> int: ...

    async def scan(self, prefix: bytes, after: bytes, limit: int) -> list[tuple[bytes, bytes]]: ...

    async def records(self, after: bytes, limit: int) -> list[Record]:
        """Give what is kept in the order of the names, from the first after `after`."""
        ...

    def latch(self, namespace: bytes) -> Latch: ...

    async def lead(self) -> bool:
        """Return whether it is for this worker to sweep and to make callbacks."""
        ...

    async def sweep(self, limit: int) -> int:
        """Remove names that have expired, at most so many, and make their callbacks due."""
        ...

    async def take(self, limit: int) -> list[DueCallback]:
        """Take callbacks that are due; they are due again `LEASE` milliseconds later, unless they are renewed."""
        ...

    async def renew(self, callbacks: list[DueCallback]) -> None: ...

    async def settle(self, callback: DueCallback) -> None:
        """Forget a callback that was made, or was given up."""
        ...

    async def retry(self, callback: DueCallback, delay: int) -> None:
        """Make a callback due again, so many milliseconds later."""
        ...

    async def ping(self) -> None: ...

    async def close(self) -> None: ...
