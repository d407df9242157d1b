"""Bulk upserts on SQL: ours, and the fastest way of the driver."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Any

from kit.sql import Base, Database, bulk_upsert
from kit.sql.settings import DatabaseSettings
from sqlalchemy import Float, MetaData, text
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from benchmarks.workloads.upserts import Rows, compare

FIELDS = ("name", "age", "city", "score")
MOVED = (*FIELDS, "updated_at")
COLUMNS = ("id", "email", *FIELDS, "created_at", "updated_at")
Records = Sequence[tuple[Any, ...]]


class Scratch(Base):
    __abstract__ = True
    metadata = MetaData()


class User(Scratch):
    __tablename__ = "users"

    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    age: Mapped[int]
    city: Mapped[str]
    score: Mapped[float] = mapped_column(Float(53))


async def reset(database: Database) -> None:
    async with database.engines.writer.begin() as connection:
        await connection.run_sync(Scratch.metadata.drop_all)
        await connection.run_sync(Scratch.metadata.create_all)


async def ours(database: Database, rows: Rows) -> int:
    async with database.session() as session:
        counts = await bulk_upsert(session, collection=User, rows=rows, key_fields=["email"])
    return counts["modified"] + counts["upserted"]


async def theirs(database: Database, write: Callable[[Any, Records], Awaitable[int]], rows: Rows) -> int:
    now = datetime.now(UTC)
    if write is not postgres:
        now = now.replace(tzinfo=None)
    key: Callable[[], Any] = uuid7 if write is postgres else lambda: uuid7().hex
    records = [(key(), *row.values(), now, now) for row in rows]
    async with database.engines.writer.begin() as connection:
        raw = await connection.get_raw_connection()
        return await write(raw.driver_connection, records)


async def postgres(connection: Any, records: Records) -> int:
    async with connection.transaction():
        await connection.execute("CREATE TEMP TABLE incoming (LIKE users) ON COMMIT DROP")
        await connection.copy_records_to_table("incoming", records=records, columns=COLUMNS)
        written, _new = await connection.fetchrow(
            f"WITH written AS (INSERT INTO users AS u SELECT {', '.join(COLUMNS)} FROM incoming "  # noqa: S608
            f"ON CONFLICT (email) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in MOVED)} "
            f"WHERE ({_of('u')}) IS DISTINCT FROM ({_of('excluded')}) RETURNING xmax = 0 AS is_new) "
            "SELECT count(*), count(*) FILTER (WHERE is_new) FROM written"
        )
    return written


async def mysql(connection: Any, records: Records) -> int:
    marks = ", ".join(["%s"] * len(COLUMNS))
    updates = ", ".join(f"{name} = VALUES({name})" for name in MOVED)
    async with connection.cursor() as cursor:
        statement = f"INSERT INTO users ({', '.join(COLUMNS)}) VALUES ({marks}) ON DUPLICATE KEY UPDATE {updates}"  # noqa: S608
        affected = await cursor.executemany(statement, records)
    return min(affected, len(records))  # a row that was there already counts twice


async def sqlite(connection: Any, records: Records) -> int:
    updates = ", ".join(f"{name} = excluded.{name}" for name in MOVED)
    cursor = await connection.executemany(
        f"INSERT INTO users ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))}) "  # noqa: S608
        f"ON CONFLICT (email) DO UPDATE SET {updates} WHERE ({_of('users')}) IS NOT ({_of('excluded')})",
        records,
    )
    return cursor.rowcount


def _of(table: str) -> str:
    return ", ".join(f"{table}.{name}" for name in FIELDS)


WRITERS = {"postgres": postgres, "mysql": mysql, "sqlite": sqlite}
DRIVERS = {"postgres": "asyncpg", "mysql": "asyncmy", "sqlite": "aiosqlite"}


async def upsert_once(rows: Iterable[dict[str, Any]]) -> None:
    database = Database(DatabaseSettings())
    await reset(database)
    async with database.session() as session:
        await bulk_upsert(session, collection=User, rows=rows, key_fields=["email"])
    await database.close()


async def versions(database: Database, name: str) -> list[str]:
    function = "sqlite_version()" if name == "sqlite" else "version()"
    async with database.engines.writer.connect() as connection:
        server = str((await connection.execute(text(f"SELECT {function}"))).scalar_one())
    libraries = [f"{each} {version(each)}" for each in ("sqlalchemy", DRIVERS[name])]
    return [*libraries, server.partition(" on ")[0] if name == "postgres" else f"{name} {server}"]


async def main(name: str, count: int, rounds: int) -> None:
    database = Database(DatabaseSettings())
    contenders = {
        "bulk_upsert": (partial(reset, database), partial(ours, database)),
        "driver": (partial(reset, database), partial(theirs, database, WRITERS[name])),
    }
    try:
        await compare(contenders, count, rounds, await versions(database, name))
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
