"""Bulk upserts on MongoDB: ours, the driver's `bulk_write`, and one with pipelines that keep `updated_at` correct."""

import asyncio
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Any, ClassVar

from kit.mongo import Document, MongoDBConnectionManager, bulk_upsert
from kit.mongo.driver import Collection, Database
from kit.mongo.settings import DatabaseSettings
from pymongo import IndexModel, UpdateOne
from uuid_utils.compat import uuid7

from benchmarks.workloads.upserts import Rows, compare


class User(Document):
    collection: ClassVar = "users"
    indexes: ClassVar = [IndexModel("email", unique=True)]

    email: str
    name: str
    age: int
    city: str
    score: float


async def reset(database: Database, name: str) -> None:
    await database.drop_collection(name)
    await database[name].create_indexes([*User.indexes])


async def ours(database: Database, rows: Rows) -> int:
    counts = await bulk_upsert(database, collection=User, rows=rows, key_fields=["email"])
    return counts["modified"] + counts["upserted"]


async def theirs(collection: Collection, operation: Callable[..., UpdateOne], rows: Rows) -> int:
    written = 0
    for start in range(0, len(rows), 1000):
        batch = rows[start : start + 1000]
        now = datetime.now(UTC)
        result = await collection.bulk_write([operation(row, now) for row in batch], ordered=False)
        written += result.modified_count + result.upserted_count
    return written


def plain(row: dict[str, Any], now: datetime) -> UpdateOne:
    update = {"$set": {**row, "updated_at": now}, "$setOnInsert": {"_id": uuid7(), "created_at": now}}
    return UpdateOne({"email": row["email"]}, update, upsert=True)


def pipeline(row: dict[str, Any], now: datetime) -> UpdateOne:
    fields = {name: value for name, value in row.items() if name != "email"}
    same = {"$eq": [[f"${name}" for name in fields], {"$literal": [*fields.values()]}]}
    changed = {"$literal": {**fields, "updated_at": now}}
    first = {"$literal": {"_id": uuid7(), "created_at": now}}
    result = {"$mergeObjects": [first, "$$ROOT", {"$cond": [same, {}, changed]}]}
    return UpdateOne({"email": row["email"]}, [{"$replaceWith": result}], upsert=True)


async def upsert_once(rows: Iterable[dict[str, Any]]) -> None:
    async with MongoDBConnectionManager(DatabaseSettings()) as connection:
        await reset(connection.database, "users")
        await bulk_upsert(connection.database, collection=User, rows=rows, key_fields=["email"])


async def main(count: int, rounds: int) -> None:
    async with MongoDBConnectionManager(DatabaseSettings()) as connection:
        database = connection.database
        contenders = {
            "bulk_upsert": (partial(reset, database, "users"), partial(ours, database)),
            "driver": (partial(reset, database, "plain"), partial(theirs, database["plain"], plain)),
            "pipeline": (partial(reset, database, "pipeline"), partial(theirs, database["pipeline"], pipeline)),
        }
        server = (await database.command("buildInfo"))["version"]
        await compare(contenders, count, rounds, [f"pymongo {version('pymongo')}", f"mongod {server}"])


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[2]), int(sys.argv[3])))
