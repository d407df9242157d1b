"""Results in Redis: kit.store.cached, aiocache and cashews, and the function itself."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import aiocache
import cashews
from aiocache.serializers import JsonSerializer
from kit.store.cached import cached
from kit.store.redis.engine import RedisEngine
from kit.store.redis.settings import RedisSettings
from kit.store.store import StoreService
from pydantic import SecretStr

from benchmarks.rounds import Rates, in_turn

Page = list[dict[str, int | str]]
Call = Callable[[], Awaitable[Page]]
SERVER = urlsplit(os.environ["STORE_URL"])._replace(path="/0")
TTL = 3600
AT_ONCE = 64


class Work:
    """What is kept: a page of 100 items that takes some milliseconds, and how often it was made."""

    def __init__(self) -> None:
        self.runs = 0

    async def page(self) -> Page:
        self.runs += 1
        await asyncio.sleep(0.005)
        return [{"id": number, "sku": f"sample-{number}", "name": f"Sample {number}"} for number in range(100)]


def contenders(store: StoreService, work: Work) -> dict[str, Call]:
    beside = cashews.Cache()
    beside.setup(SERVER.geturl(), client_side=False)

    @cached("bench", ttl=TTL)
    async def ours(_store: StoreService) -> Page:
        return await work.page()

    @aiocache.cached(
        ttl=TTL,
        cache=aiocache.Cache.REDIS,
        serializer=JsonSerializer(),
        endpoint=SERVER.hostname,
        port=SERVER.port,
        key="aiocache",
        pool_max_size=AT_ONCE,
    )
    async def with_aiocache() -> Page:
        return await work.page()

    @beside(ttl=TTL, key="cashews")
    async def with_cashews() -> Page:
        return await work.page()

    return {
        "cached": lambda: ours(store),
        "the function": work.page,
        "aiocache": with_aiocache,
        "cashews": with_cashews,
    }


async def rate(call: Call, tasks: int, seconds: float) -> float:
    """Return the calls per second of this many tasks at once."""
    started = time.perf_counter()

    async def repeat() -> int:
        count = 0
        while time.perf_counter() < started + seconds:
            await call()
            count += 1
        return count

    counts = await asyncio.gather(*(repeat() for _ in range(tasks)))
    return sum(counts) / (time.perf_counter() - started)


async def compare(seconds: float, rounds: int) -> tuple[dict[str, int], dict[str, Rates]]:
    work = Work()
    store = StoreService(RedisEngine(RedisSettings(url=SecretStr(SERVER.geturl())), 256))
    calls = contenders(store, work)
    runs: dict[str, int] = {}
    for name, call in calls.items():  # nothing is kept yet
        before = work.runs
        await asyncio.gather(*(call() for _ in range(AT_ONCE)))
        runs[name] = work.runs - before
    rates: dict[str, Rates] = {}
    for tasks in (1, AT_ONCE):
        measures = {name: lambda call=call, tasks=tasks: rate(call, tasks, seconds) for name, call in calls.items()}
        rates[f"{tasks} at once"] = await in_turn(measures, rounds)
    await store.close()
    return runs, rates


def main() -> None:
    seconds, rounds = float(sys.argv[1]), int(sys.argv[2])
    runs, rates = asyncio.run(compare(seconds, rounds))
    sys.stdout.write(json.dumps({"runs": runs, "rates": rates}))


if __name__ == "__main__":
    main()
