"""The embedded store, raw py-lmdb, diskcache and Redis: reading, writing with a TTL, and sweeping."""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import diskcache
import lmdb
import redis.asyncio
from kit.store.lmdb.engine import LmdbEngine
from kit.store.lmdb.settings import LmdbSettings
from kit.store.store import StoreService

from benchmarks.rounds import Rates, in_turn

VALUE = b"x" * 200
KEYS = 10_000
TTL = 3600
AT_ONCE = 5000  # keys in a transaction that fills
SWEPT_AT_ONCE = 500

Operation = Callable[[int], Awaitable[object]]


class Store:
    """The store of a service."""

    def __init__(self, folder: Path) -> None:
        self.now = time.time_ns() // 1_000_000
        self.engine = LmdbEngine(LmdbSettings(path=folder), 0, clock=lambda: self.now)
        self.store = StoreService(self.engine)

    async def get(self, index: int) -> object:
        return await self.store.get("bench", f"key-{index:08}")

    async def put(self, index: int) -> object:
        return await self.store.set("bench", f"key-{index:08}", VALUE, ttl=TTL)

    async def fill(self, count: int = KEYS) -> None:
        for start in range(0, count, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, count))
            await self.store.set_many("bench", {f"key-{index:08}": VALUE for index in numbers}, ttl=TTL)

    async def sweep(self) -> None:
        """Let all keys expire, and remove them."""
        self.now += 2 * TTL * 1000
        while await self.engine.sweep(SWEPT_AT_ONCE):
            pass


class Lmdb:
    """py-lmdb with one transaction for each operation and no TTL: the fastest that LMDB allows."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.environment = lmdb.open(str(folder), map_size=2**32, max_dbs=4, readahead=False)

    async def get(self, index: int) -> object:
        with self.environment.begin() as transaction:
            return transaction.get(b"key-%08d" % index)

    async def put(self, index: int) -> object:
        with self.environment.begin(write=True) as transaction:
            return transaction.put(b"key-%08d" % index, VALUE)

    async def fill(self) -> None:
        with self.environment.begin(write=True) as transaction:
            for index in range(KEYS):
                transaction.put(b"key-%08d" % index, VALUE)


class Diskcache:
    """diskcache, which does not wait for the disk."""

    def __init__(self, folder: Path) -> None:
        self.cache: Any = diskcache.Cache(str(folder))

    async def get(self, index: int) -> object:
        return self.cache.get(f"key-{index:08}")

    async def put(self, index: int) -> object:
        return self.cache.set(f"key-{index:08}", VALUE, expire=TTL)

    async def fill(self) -> None:
        with self.cache.transact():
            for index in range(KEYS):
                await self.put(index)


class Redis:
    """redis-py, without the further guarantees of the store."""

    def __init__(self) -> None:
        self.redis: Any = redis.asyncio.Redis.from_url(os.environ["SCHEDULER_URL"])

    async def get(self, index: int) -> object:
        return await self.redis.get(f"key-{index:08}")

    async def put(self, index: int) -> object:
        return await self.redis.set(f"key-{index:08}", VALUE, ex=TTL)

    async def fill(self) -> None:
        for index in range(KEYS):
            await self.put(index)


async def rate(operation: Operation, tasks: int, seconds: float) -> float:
    """Return the operations per second of this many tasks at once."""
    started = time.perf_counter()

    async def work(task: int) -> int:
        count = 0
        while time.perf_counter() < started + seconds:
            for _ in range(10):
                await operation((task * 7919 + count) % KEYS)
                count += 1
        return count

    counts = await asyncio.gather(*(work(task) for task in range(tasks)))
    return sum(counts) / (time.perf_counter() - started)


async def stall(work: Awaitable[object]) -> float:
    """Return the longest time in milliseconds for which this work blocked the event loop."""
    task = asyncio.ensure_future(work)
    longest, last = 0.0, time.perf_counter()
    while not task.done():
        await asyncio.sleep(0)
        longest, last = max(longest, time.perf_counter() - last), time.perf_counter()
    await task
    return longest * 1000


def mixed(contender: Any) -> Operation:
    return lambda index: (contender.put if index % 10 == 0 else contender.get)(index)


async def compare(folder: Path, seconds: float, rounds: int) -> dict[str, Rates]:
    contenders = {
        "store": Store(folder / "store"),
        "lmdb": Lmdb(folder / "lmdb"),
        "diskcache": Diskcache(folder / "diskcache"),
        "redis": Redis(),
    }
    for contender in contenders.values():
        await contender.fill()
    loads: dict[str, Callable[[Any], Operation]] = {
        "get": lambda each: each.get,
        "set with TTL": lambda each: each.put,
        "90 % get, 10 % set": mixed,
    }
    found: dict[str, Rates] = {}
    for tasks in (1, 64):
        for what, load in loads.items():
            operations = {name: load(each) for name, each in contenders.items()}
            measures = {
                name: lambda operation=operation, tasks=tasks: rate(operation, tasks, seconds)
                for name, operation in operations.items()
            }
            found[f"{what}, {tasks} at once"] = await in_turn(measures, rounds)
    await contenders["store"].store.close()
    return found


async def swept(folder: Path, count: int) -> float:
    """Return how many keys the store sweeps in a second."""
    store = Store(folder)
    await store.fill(count)
    started = time.perf_counter()
    await store.sweep()
    took = time.perf_counter() - started
    await store.store.close()
    return count / took


def swept_raw(folder: Path, count: int) -> float:
    """Return how many keys py-lmdb sweeps in a second."""
    folder.mkdir()
    environment = lmdb.open(str(folder), map_size=2**32, max_dbs=4, readahead=False)
    data, expiring = (environment.open_db(name) for name in (b"data", b"expiring"))
    index = environment.open_db(b"index", dupsort=True)
    with environment.begin(write=True) as transaction:
        for name in (b"bench\0key-%08d" % each for each in range(count)):
            transaction.put(name, VALUE, db=data)
            transaction.put(name, b"12345678", db=expiring)
            transaction.put(b"12345678", name, db=index)
    started, left = time.perf_counter(), True
    while left:
        with environment.begin(write=True) as transaction, transaction.cursor(index) as cursor:
            left = cursor.first()
            for _ in range(SWEPT_AT_ONCE):
                if left:
                    name = cursor.value()
                    left = cursor.delete() and bool(cursor.key())
                    transaction.delete(name, db=data)
                    transaction.delete(name, db=expiring)
    took = time.perf_counter() - started
    environment.close()
    return count / took


async def stalls(folder: Path, seconds: float, rounds: int, count: int) -> dict[str, tuple[list[float], list[float]]]:
    """Return the longest stalls of the loop that does the work, and of an idle loop while another process does it."""
    setting, beside_setting, sweeping, beside_sweeping = ([], [], [], [])
    for number in range(rounds):
        store = Store(folder / f"setting {number}")
        setting.append(await stall(rate(store.put, 64, seconds)))
        await store.store.close()
        beside_setting.append(await beside("set", folder / f"beside setting {number}", seconds, count))
        store = Store(folder / f"sweeping {number}")
        await store.fill(count)
        sweeping.append(await stall(store.sweep()))
        await store.store.close()
        beside_sweeping.append(await beside("sweep", folder / f"beside sweeping {number}", seconds, count))
    return {"64 tasks set": (setting, beside_setting), f"{count:,} are swept": (sweeping, beside_sweeping)}


async def beside(what: str, folder: Path, seconds: float, count: int) -> float:
    """Return the longest stall of this idle loop while another process does the work."""
    command = [sys.executable, "-m", __spec__.name, what, str(folder), str(seconds), str(count)]
    process = await asyncio.create_subprocess_exec(*command)
    return await stall(process.wait())


async def alone(what: str, folder: Path, seconds: float, count: int) -> None:
    store = Store(folder)
    if what == "set":
        await rate(store.put, 64, seconds)
    else:
        await store.fill(count)
        await store.sweep()
    await store.store.close()


async def growth(folder: Path, seconds: float, most: int) -> list[tuple[int, float, float]]:
    """Return the number of keys, gets per second and swept keys per second."""
    found: list[tuple[int, float, float]] = []
    count = KEYS
    while count <= most:
        store = Store(folder / f"{count} keys")
        await store.fill(count)
        gets = await rate(lambda index, scale=count // KEYS, store=store: store.get(index * scale), 1, seconds)
        await store.store.close()
        found.append((count, gets, await swept(folder / f"{count} swept", count)))
        count *= 10
    return found


async def main(seconds: float, rounds: int, count: int, most: int) -> None:
    with tempfile.TemporaryDirectory(prefix="slipway-", dir=Path.cwd()) as temporary:
        folder = Path(temporary)
        rates = await compare(folder, seconds, rounds)
        rates[f"sweep of {count:,}"] = {"store": [], "lmdb": []}
        for number in range(rounds):
            rates[f"sweep of {count:,}"]["store"].append(await swept(folder / f"store {number}", count))
            rates[f"sweep of {count:,}"]["lmdb"].append(swept_raw(folder / f"lmdb {number}", count))
        server = (await Redis().redis.info("server"))["redis_version"]
        found = {
            "versions": [*(f"{each} {version(each)}" for each in ("lmdb", "diskcache", "redis")), f"Redis {server}"],
            "rates": rates,
            "stalls": await stalls(folder, seconds, rounds, count),
            "growth": await growth(folder, seconds, most),
        }
    print(json.dumps(found))  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["set" | "sweep" as what, path, *numbers]:
            asyncio.run(alone(what, Path(path), float(numbers[0]), int(numbers[1])))
        case numbers:
            asyncio.run(main(float(numbers[0]), *map(int, numbers[1:])))
