"""Find one document and write many, with several tasks at once, to measure a driver of MongoDB."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version

import uvloop
from kit.mongo import MongoDBConnectionManager
from kit.mongo.driver import Collection
from kit.mongo.settings import DatabaseSettings
from pymongo import UpdateOne

DOCUMENTS = 1000
LIMIT = 120  # seconds


async def rate(count: int, tasks: int, work: Callable[[int], Awaitable[object]]) -> float:
    """Do some work this often with this many tasks at once, and return the operations per second."""
    numbers = iter(range(count))

    async def do() -> None:
        for number in numbers:
            await work(number)

    started = time.perf_counter()
    await asyncio.gather(*(do() for _ in range(tasks)))
    return count / (time.perf_counter() - started)


async def measure(collection: Collection, tasks: int) -> dict[str, float]:
    async def find(number: int) -> object:
        return await collection.find_one({"_id": number % DOCUMENTS})

    async def write(number: int) -> object:
        updates = [UpdateOne({"_id": each}, {"$set": {"number": number}}) for each in range(100)]
        return await collection.bulk_write(updates, ordered=False)

    await rate(tasks * 4, tasks, find)  # opens the connections
    return {"find_one": await rate(4000, tasks, find), "bulk_write of 100": await rate(200, tasks, write)}


async def main(driver: str) -> None:
    rates: dict[str, float] = {}
    async with asyncio.timeout(LIMIT), MongoDBConnectionManager(DatabaseSettings(pool_size=50)) as connection:
        collection = connection.database["drivers"]
        await collection.delete_many({})
        await collection.insert_many([{"_id": number, "name": "x" * 100} for number in range(DOCUMENTS)])
        for tasks in (1, 50):
            rates |= {f"{what}, {tasks} at once": each for what, each in (await measure(collection, tasks)).items()}
        server = (await connection.database.command("buildInfo"))["version"]
    packages = dict.fromkeys([driver, "pymongo", "uvloop"])
    versions = [*(f"{each} {version(each)}" for each in packages), f"mongod {server}"]
    print(json.dumps({"versions": versions, "rates": rates}))  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
