"""Random operations have the same outcome on a store and on a model of it."""

import math
import random
from dataclasses import dataclass, field

import pytest

from kit.store import StoreService
from kit.store.names import decode
from kit.tests.store.place import Place

pytestmark = pytest.mark.anyio

SEQUENCES = 10
OPERATIONS = 40
NAMES = [(namespace, key) for namespace in ("a", "ab") for key in ("1", "2", "é")]
SECONDS = [1000, 2000, 3000]

Name = tuple[str, str]


@dataclass
class Entry:
    value: int
    deadline: float = math.inf
    callback: str = ""


@dataclass
class Model:
    """The expected behaviour of a store, on a dictionary."""

    now: float = 0
    entries: dict[Name, Entry] = field(default_factory=dict[Name, Entry])
    expired: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])

    def advance(self, seconds: float) -> None:
        self.now += seconds
        for name, entry in list(self.entries.items()):
            if entry.deadline <= self.now:
                del self.entries[name]
                self.expired += [(*name, entry.callback)] if entry.callback else []

    def ttl(self, name: Name) -> float | None:
        return self.entries[name].deadline - self.now if name in self.entries else None


class Run:
    """One sequence of operations."""

    def __init__(self, store: StoreService, place: Place, seed: int) -> None:
        self.store, self.place, self.model, self.random = store, place, Model(), random.Random(seed)

    async def step(self) -> None:
        actions = [self.set, self.set, self.add, self.delete, self.expire, self.increment, self.advance, self.sweep]
        name = self.random.choice(NAMES)
        await self.random.choice(actions)(name)
        expected = self.model.entries.get(name)
        assert await self.store.get(*name) == (expected and expected.value)
        assert await self.store.ttl(*name) == pytest.approx(self.model.ttl(name), abs=60)

    async def set(self, name: Name) -> None:
        entry, ttl, on_expiry = self.entry()
        await self.store.set(*name, entry.value, ttl=ttl, on_expiry=on_expiry)
        self.model.entries[name] = entry

    async def add(self, name: Name) -> None:
        entry, ttl, on_expiry = self.entry()
        added = await self.store.add(*name, entry.value, ttl=ttl, on_expiry=on_expiry)
        assert added == (name not in self.model.entries)
        self.model.entries.setdefault(name, entry)

    async def delete(self, name: Name) -> None:
        assert await self.store.delete(*name) == (self.model.entries.pop(name, None) is not None)

    async def expire(self, name: Name) -> None:
        ttl = self.random.choice([None, *SECONDS])
        assert await self.store.expire(*name, ttl) == (name in self.model.entries)
        if entry := self.model.entries.get(name):
            entry.deadline = self.model.now + (ttl or math.inf)
            entry.callback = entry.callback if ttl else ""

    async def increment(self, name: Name) -> None:
        entry, ttl, _ = self.entry()
        total = await self.store.increment(*name, entry.value, ttl=ttl)
        if name in self.model.entries:
            self.model.entries[name].value += entry.value
        else:
            self.model.entries[name] = Entry(entry.value, entry.deadline)
        assert total == self.model.entries[name].value

    async def advance(self, _name: Name) -> None:
        seconds = self.random.choice(SECONDS) / 2
        await self.place.advance(seconds)
        self.model.advance(seconds)

    async def sweep(self, _name: Name) -> None:
        await self.store.engine.sweep(self.random.randrange(1, 4))

    def entry(self) -> tuple[Entry, float | None, str | None]:
        ttl = self.random.choice([None, *SECONDS])
        on_expiry = self.random.choice([None, "x", "y"]) if ttl else None
        deadline = self.model.now + (ttl or math.inf)
        return Entry(self.random.randrange(-9, 9), deadline, on_expiry or ""), ttl, on_expiry

    async def compare(self) -> None:
        found = {(space, key): value for space in ("a", "ab") for key, value in await self.store.scan(space)}
        assert found == {name: entry.value for name, entry in self.model.entries.items()}

    async def finish(self) -> None:
        """Let everything expire, and compare the due callbacks."""
        await self.place.advance(10_000)
        self.model.advance(10_000)
        while await self.store.engine.sweep(5):
            pass
        due = await self.store.engine.take(1000)
        assert sorted((*decode(each.name), each.callback) for each in due) == sorted(self.model.expired)
        assert await self.place.faults(self.store.engine) == []
        for each in due:
            await self.store.engine.settle(each)
        for name in NAMES:
            await self.store.delete(*name)


async def test_the_store_does_what_its_model_does(store: StoreService, place: Place) -> None:
    for seed in range(SEQUENCES):
        run = Run(store, place, seed)
        for _ in range(OPERATIONS):
            await run.step()
        await run.compare()
        await run.finish()
