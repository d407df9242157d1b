"""The callbacks that are due, in LMDB's file, and those that have failed for the last time.

- calls: id → the call, as JSON with the time at which it is due.
- due: time, id → nothing.
- dead: id → the call.
"""

import os
from itertools import islice

import orjson

from kit.store.engine import LEASE, Call
from kit.store.lmdb.environment import Environment, Transaction

WIDTH = 8


class Calls:
    """A queue of calls in order of time; each method runs in a transaction, at a time in milliseconds."""

    def __init__(self, environment: Environment) -> None:
        self.calls = environment.table(b"calls")
        self.due = environment.table(b"due")
        self.dead = environment.table(b"dead")

    def add(self, transaction: Transaction, now: int, name: bytes, callback: bytes) -> None:
        """Make a callback due, if one was asked for."""
        if callback:
            identifier = (now.to_bytes(WIDTH) + os.urandom(WIDTH)).hex()
            self._schedule(transaction, now, Call(identifier, name, callback.decode()))

    def has_due(self, transaction: Transaction, now: int) -> bool:
        """Tell whether there is a call to take."""
        with transaction.cursor(self.due) as cursor:
            return cursor.first() and int.from_bytes(cursor.key()[:WIDTH]) <= now

    def take(self, transaction: Transaction, now: int, limit: int) -> list[Call]:
        """Give calls that are due, and put them off until their lease has run out."""
        ids: list[bytes] = []
        with transaction.cursor(self.due) as cursor:
            for key in cursor.iternext(keys=True, values=False):
                if len(ids) == limit or int.from_bytes(key[:WIDTH]) > now:
                    break
                ids.append(key[WIDTH:])
        calls = [_decode(key, transaction.get(key, b"", db=self.calls)) for key in ids]
        for call in calls:
            self.put_off(transaction, now, call, LEASE)
        return calls

    def put_off(self, transaction: Transaction, now: int, call: Call, delay: int) -> None:
        """Make a call due later, unless it is settled."""
        if self.settle(transaction, now, call):
            self._schedule(transaction, now + delay, call)

    def settle(self, transaction: Transaction, now: int, call: Call) -> bool:
        """Remove a call, and tell whether it was there."""
        del now
        stored = transaction.pop(call.id.encode(), db=self.calls)
        if stored:
            transaction.delete(_due_key(orjson.loads(stored)["at"], call.id), db=self.due)
        return bool(stored)

    def bury(self, transaction: Transaction, now: int, call: Call) -> None:
        """Put a call among the dead."""
        if self.settle(transaction, now, call):
            transaction.put(call.id.encode(), _encode(now, call), db=self.dead)

    def list_dead(self, transaction: Transaction, limit: int) -> list[Call]:
        with transaction.cursor(self.dead) as cursor:
            return [_decode(*entry) for entry in islice(cursor, limit)]

    def requeue(self, transaction: Transaction, now: int, ids: list[str]) -> int:
        """Make dead calls due, as if they had never failed, and give how many there were."""
        found = [(each, transaction.pop(each.encode(), db=self.dead)) for each in ids]
        calls = [_decode(key.encode(), stored) for key, stored in found if stored]
        for call in calls:
            self._schedule(transaction, now, Call(call.id, call.name, call.callback))
        return len(calls)

    def _schedule(self, transaction: Transaction, at: int, call: Call) -> None:
        transaction.put(call.id.encode(), _encode(at, call), db=self.calls)
        transaction.put(_due_key(at, call.id), b"", db=self.due)


def _due_key(at: int, identifier: str) -> bytes:
    return at.to_bytes(WIDTH) + identifier.encode()


def _encode(at: int, call: Call) -> bytes:
    return orjson.dumps(
        {
            "at": at,
            "name": call.name.decode(),
            "callback": call.callback,
            "attempts": call.attempts,
            "error": call.error,
        }
    )


def _decode(key: bytes, stored: bytes) -> Call:
    fields = orjson.loads(stored)
    return Call(key.decode(), fields["name"].encode(), fields["callback"], fields["attempts"], fields["error"])
