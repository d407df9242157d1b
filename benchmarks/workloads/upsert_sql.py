"""Bulk upserts on SQL: ours, and the best that the driver can do."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from app.sql import Base, Database, bulk_upsert
from app.sql.settings import DatabaseSettings
from sqlalchemy import Float, MetaData
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from benchmarks.workloads.upserts import Rows, compare

FIELDS = ("name", "age", "city", "score")
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


async def ours(database: Database, rows: Rows) -> None:
    async with database.session() as session:
        await bulk_upsert(session, collection=User, rows=rows, key_fields=["email"])


async def theirs(database: Database, write: Callable[[Any, Records], Awaitable[None]], rows: Rows) -> None:
    now = datetime.now(UTC)
    if write is not postgres:
        now = now.replace(tzinfo=None)
    key: Callable[[], Any] = uuid7 if write is postgres else lambda: uuid7().hex
    records = [(key(), *row.values(), now, now) for row in rows]
    async with database.engines.writer.begin() as connection:
        raw = await connection.get_raw_connection()
        await write(raw.driver_connection, records)


async def postgres(connection: Any, records: Records) -> None:
    async with connection.transaction():
        await connection.execute("CREATE TEMP TABLE incoming (LIKE users) ON COMMIT DROP")
        await connection.copy_records_to_table("incoming", records=records, columns=COLUMNS)
        await connection.fetch(
            f"INSERT INTO users AS u SELECT {', '.join(COLUMNS)} FROM incoming ON CONFLICT (email) DO UPDATE SET "  # noqa: S608
            f"{', '.join(f'{name} = excluded.{name}' for name in (*FIELDS, 'updated_at'))} "
            f"WHERE ({_of('u')}) IS DISTINCT FROM ({_of('excluded')}) RETURNING xmax = 0"
        )


async def mysql(connection: Any, records: Records) -> None:
    marks = ", ".join(["%s"] * len(COLUMNS))
    updates = ", ".join(f"{name} = VALUES({name})" for name in (*FIELDS, "updated_at"))
    async with connection.cursor() as cursor:
        statement = f"INSERT INTO users ({', '.join(COLUMNS)}) VALUES ({marks}) ON DUPLICATE KEY UPDATE {updates}"  # noqa: S608
        await cursor.executemany(statement, records)


async def sqlite(connection: Any, records: Records) -> None:
    updates = ", ".join(f"{name} = excluded.{name}" for name in (*FIELDS, "updated_at"))
    await connection.executemany(
        f"INSERT INTO users ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))}) "  # noqa: S608
        f"ON CONFLICT (email) DO UPDATE SET {updates} WHERE ({_of('users')}) IS NOT ({_of('excluded')})",
        records,
    )


def _of(table: str) -> str:
    return ", ".join(f"{table}.{name}" for name in FIELDS)


WRITERS = {"postgres": postgres, "mysql": mysql, "sqlite": sqlite}


async def upsert_once(rows: Iterable[dict[str, Any]]) -> None:
    database = Database(DatabaseSettings())
    await reset(database)
    async with database.session() as session:
        await bulk_upsert(session, collection=User, rows=rows, key_fields=["email"])
    await database.close()


async def main(name: str, count: int, rounds: int) -> None:
    database = Database(DatabaseSettings())
    contenders = {
        "bulk_upsert": (partial(reset, database), partial(ours, database)),
        "driver": (partial(reset, database), partial(theirs, database, WRITERS[name])),
    }
    try:
        await compare(contenders, count, rounds)
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
