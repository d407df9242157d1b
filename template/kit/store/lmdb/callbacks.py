"""The due callbacks, in two tables of LMDB's file.

- callbacks: id → the callback, as JSON with the time at which it is due.
- due: time, id → an empty value.
"""

import os

import orjson

from kit.store.engine import LEASE, DueCallback
from kit.store.lmdb.environment import Environment, Transaction
from kit.store.lmdb.stored import WIDTH


class CallbackQueue:
    """A queue in order of time; each method runs in a transaction, and times are in milliseconds."""

    def __init__(self, environment: Environment) -> None:
        self.callbacks = environment.table(b"callbacks")
        self.due = environment.table(b"due")

    def add(self, transaction: Transaction, now: int, name: bytes, expiring: bytes) -> None:
        """Make the callback of a name due, if it has one; `expiring` is the deadline of the name, and its callback."""
        if callback := expiring[WIDTH:].decode():
            identifier = (now.to_bytes(WIDTH) + os.urandom(WIDTH)).hex()
            expired_at = int.from_bytes(expiring[:WIDTH])
            self._schedule(transaction, now, DueCallback(identifier, name, callback, expired_at=expired_at))

    def has_due(self, transaction: Transaction, now: int) -> bool:
        """Return whether a callback is due."""
        with transaction.cursor(self.due) as cursor:
            return cursor.first() and int.from_bytes(cursor.key()[:WIDTH]) <= now

    def take(self, transaction: Transaction, now: int, limit: int) -> list[DueCallback]:
        """Return due callbacks, and postpone them until their lease expires."""
        ids: list[bytes] = []
        with transaction.cursor(self.due) as cursor:
            for key in cursor.iternext(keys=True, values=False):
                if len(ids) == limit or int.from_bytes(key[:WIDTH]) > now:
                    break
                ids.append(key[WIDTH:])
        taken = [_decode(key, transaction.get(key, b"", db=self.callbacks)) for key in ids]
        for callback in taken:
            self.put_off(transaction, now, callback, LEASE)
        return taken

    def put_off(self, transaction: Transaction, now: int, callback: DueCallback, delay: int) -> None:
        """Postpone a callback, unless it is settled."""
        if self.settle(transaction, now, callback):
            self._schedule(transaction, now + delay, callback)

    def settle(self, transaction: Transaction, now: int, callback: DueCallback) -> bool:
        """Remove a callback, and return whether it existed."""
        del now
        stored = transaction.pop(callback.id.encode(), db=self.callbacks)
        if stored:
            transaction.delete(_due_key(orjson.loads(stored)["at"], callback.id), db=self.due)
        return bool(stored)

    def _schedule(self, transaction: Transaction, at: int, callback: DueCallback) -> None:
        transaction.put(callback.id.encode(), _encode(at, callback), db=self.callbacks)
        transaction.put(_due_key(at, callback.id), b"", db=self.due)


def _due_key(at: int, identifier: str) -> bytes:
    return at.to_bytes(WIDTH) + identifier.encode()


def _encode(at: int, callback: DueCallback) -> bytes:
    return orjson.dumps(
        {
            "at": at,
            "name": callback.name.decode(),
            "callback": callback.callback,
            "attempts": callback.attempts,
            "expired_at": callback.expired_at,
        }
    )


def _decode(key: bytes, stored: bytes) -> DueCallback:
    fields = orjson.loads(stored)
    return DueCallback(
        key.decode(), fields["name"].encode(), fields["callback"], fields["attempts"], fields.get("expired_at", 0)
    )
