"""The tables in LMDB's file, and the operations on them within a transaction.

- data: name → deadline, payload.
- expiring: name → deadline, callback; only names that expire. With it, a write need not read the old value.
- deadlines: deadline → names, in order of time.
- namespaces: namespace → an empty value; only namespaces with at least one name.
- pings: what a check has written.
"""

from dataclasses import dataclass, field
from itertools import islice

from kit.store.engine import Lifetime, Record
from kit.store.errors import NamespaceQuotaError, NotANumberError
from kit.store.lmdb.callbacks import CallbackQueue
from kit.store.lmdb.environment import Environment, Transaction
from kit.store.lmdb.stored import WIDTH, payload_of
from kit.store.names import SEPARATOR, namespace_of
from kit.store.values import WHOLE_NUMBERS, is_whole_number

ROOM_MAKING = 1000  # expired names that are swept before a namespace is refused
LOOKED_AT_AT_ONCE = 500  # names that a search reads before other tasks run

Entry = tuple[bytes, bytes]


@dataclass
class Search:
    """The progress of a search by prefix; it continues at `start`, and `None` means that it is complete."""

    prefix: bytes
    start: bytes | None
    limit: int
    found: list[Entry] = field(default_factory=list[Entry])


class Tables:
    """The stored names; each method runs in a transaction, and times are in milliseconds."""

    def __init__(self, environment: Environment, callbacks: CallbackQueue, max_namespaces: int) -> None:
        self.data = environment.data
        self.expiring = environment.table(b"expiring")
        self.deadlines = environment.table(b"deadlines", dupsort=True)
        self.namespaces = environment.table(b"namespaces")
        self.pings = environment.table(b"pings")
        self._callbacks = callbacks
        self._max_namespaces = max_namespaces

    def ping(self, transaction: Transaction, now: int) -> None:
        """Write something, since a transaction without a change does not touch the disk."""
        transaction.put(b"ping", now.to_bytes(WIDTH), db=self.pings)

    def payloads(self, transaction: Transaction, now: int, names: list[bytes]) -> list[bytes | None]:
        """Return the payloads of these names, `None` for those that do not exist or have expired."""
        return [payload_of(transaction.get(name, db=self.data), now) for name in names]

    def left(self, transaction: Transaction, now: int, name: bytes) -> int | None:
        """Return the milliseconds until a name expires: -1 if it does not, `None` if it does not exist."""
        if expiring := transaction.get(name, db=self.expiring):
            left = int.from_bytes(expiring[:WIDTH]) - now
            return left if left > 0 else None
        return None if transaction.get(name, db=self.data) is None else -1

    def put(self, transaction: Transaction, now: int, entries: list[Entry], lifetime: Lifetime) -> bool:
        """Write entries, and overwrite existing ones."""
        self._admit(transaction, now, {namespace_of(name) for name, _ in entries})
        for name, payload in entries:
            self._forget(transaction, now, name)
            self._write(transaction, name, payload, lifetime.deadline(now), lifetime.callback.encode())
        return True

    def add(self, transaction: Transaction, now: int, entries: list[Entry], lifetime: Lifetime) -> bool:
        """Write entries unless one of them exists, and return whether they were written."""
        if any(self.left(transaction, now, name) for name, _ in entries):
            return False
        return self.put(transaction, now, entries, lifetime)

    def delete(self, transaction: Transaction, now: int, name: bytes) -> bool:
        """Remove a name, and return whether it existed."""
        there = self.left(transaction, now, name) is not None
        self._forget(transaction, now, name)
        if transaction.delete(name, db=self.data):
            self._leave(transaction, namespace_of(name))
        return there

    def expire(self, transaction: Transaction, now: int, name: bytes, ttl: int | None) -> bool:
        """Change the deadline of a name, and return whether the name existed."""
        if self.left(transaction, now, name) is None:
            return False
        callback = transaction.get(name, b"", db=self.expiring)[WIDTH:]
        payload = transaction.get(name, b"", db=self.data)[WIDTH:]
        self._forget(transaction, now, name)
        self._write(transaction, name, payload, Lifetime(ttl).deadline(now), callback)
        return True

    def increment(self, transaction: Transaction, now: int, name: bytes, by: int, ttl: int | None) -> int:
        """Add to an integer, and return the sum."""
        if self.left(transaction, now, name) is None:
            self.put(transaction, now, [(name, b"%d" % by)], Lifetime(ttl))
            return by
        stored = transaction.get(name, b"", db=self.data)
        if not is_whole_number(stored[WIDTH:]):
            raise NotANumberError("The value of the key is not an integer")
        if (total := int(stored[WIDTH:]) + by) not in WHOLE_NUMBERS:
            raise NotANumberError("The sum does not fit into 64 bits")
        transaction.put(name, stored[:WIDTH] + b"%d" % total, db=self.data)
        return total

    def sweep(self, transaction: Transaction, now: int, limit: int) -> int:
        """Remove up to `limit` expired names, make their callbacks due, and return how many were removed."""
        swept: list[bytes] = []
        with transaction.cursor(self.deadlines) as cursor:
            there = cursor.first()
            while there and len(swept) < limit and int.from_bytes(cursor.key()) <= now:
                swept.append(cursor.value())
                there = cursor.delete() and bool(cursor.key())
        for name in swept:
            expiring = transaction.pop(name, db=self.expiring) or b""
            transaction.delete(name, db=self.data)
            self._callbacks.add(transaction, now, name, expiring)
        for namespace in {namespace_of(name) for name in swept}:
            self._leave(transaction, namespace)
        return len(swept)

    def has_expired(self, transaction: Transaction, now: int) -> bool:
        """Return whether there is something to sweep."""
        with transaction.cursor(self.deadlines) as cursor:
            return cursor.first() and int.from_bytes(cursor.key()) <= now

    def scan(self, transaction: Transaction, now: int, search: Search) -> None:
        """Continue a search by one step."""
        with transaction.cursor(self.data) as cursor:
            there = cursor.set_range(search.start or b"")
            search.start = None
            for looked_at, (name, stored) in enumerate(cursor if there else ()):
                if len(search.found) == search.limit or not name.startswith(search.prefix):
                    return
                if looked_at == LOOKED_AT_AT_ONCE:
                    search.start = name
                    return
                if (payload := payload_of(stored, now)) is not None:
                    search.found.append((name, payload))

    def records(self, transaction: Transaction, after: bytes, limit: int) -> list[Record]:
        """Return the records after a name, including those that have expired but are not swept yet."""
        with transaction.cursor(self.data) as cursor:
            there = cursor.set_range(after + b"\0")
            return [self._record(transaction, *entry) for entry in islice(cursor if there else (), limit)]

    def _record(self, transaction: Transaction, name: bytes, stored: bytes) -> Record:
        callback = transaction.get(name, b"", db=self.expiring)[WIDTH:].decode()
        return Record(name, stored[WIDTH:], int.from_bytes(stored[:WIDTH]) or None, callback)

    def _write(self, transaction: Transaction, name: bytes, payload: bytes, deadline: int, callback: bytes) -> None:
        encoded = deadline.to_bytes(WIDTH)
        transaction.put(name, encoded + payload, db=self.data)
        if deadline:
            transaction.put(name, encoded + callback, db=self.expiring)
            transaction.put(encoded, name, db=self.deadlines)

    def _forget(self, transaction: Transaction, now: int, name: bytes) -> None:
        """Drop the deadline of a name before a write; if it has passed, make its callback due."""
        if expiring := transaction.pop(name, db=self.expiring):
            transaction.delete(expiring[:WIDTH], name, db=self.deadlines)
            if int.from_bytes(expiring[:WIDTH]) <= now:
                self._callbacks.add(transaction, now, name, expiring)

    def _admit(self, transaction: Transaction, now: int, namespaces: set[bytes]) -> None:
        new = [each for each in namespaces if transaction.get(each, db=self.namespaces) is None]
        if not new:
            return
        if self._max_namespaces and self._count(transaction) + len(new) > self._max_namespaces:
            self.sweep(transaction, now, ROOM_MAKING)
            if self._count(transaction) + len(new) > self._max_namespaces:
                raise NamespaceQuotaError(
                    f"STORE_MAX_NAMESPACES allows {self._max_namespaces} namespaces; raise it or empty one"
                )
        for namespace in new:
            transaction.put(namespace, b"", db=self.namespaces)

    def _count(self, transaction: Transaction) -> int:
        return transaction.stat(self.namespaces)["entries"]

    def _leave(self, transaction: Transaction, namespace: bytes) -> None:
        prefix = namespace + SEPARATOR.encode()
        with transaction.cursor(self.data) as cursor:
            if not (cursor.set_range(prefix) and cursor.key().startswith(prefix)):
                transaction.delete(namespace, db=self.namespaces)
