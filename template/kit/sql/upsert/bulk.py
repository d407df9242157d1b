"""Bulk upserts: insert the rows whose key does not exist yet, and update the others."""

from collections.abc import Sequence
from functools import partial
from typing import cast

from sqlalchemy import Table, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import object_mapper

from kit.sql.base import Base
from kit.sql.dialect import dialect as database
from kit.sql.dialect import upsert_rows
from kit.sql.engines import ReadSession, refuse
from kit.sql.upsert.batch import Batch
from kit.sql.upsert.keys import check_unique
from kit.sql.upsert.order import in_order
from kit.sql.upsert.plan import Plan
from kit.upserts import KeyFunction, Keys, Row, Rows, UpsertCounts, add_counts, in_parts, naming_rows

REFRESHED_AT_ONCE = 500


async def bulk_upsert(  # noqa: PLR0913 - all but the first are keywords
    db: AsyncSession,
    *,
    collection: str | type[Base],
    rows: Rows,
    key_fields: Sequence[str] | None = None,
    key_func: KeyFunction | None = None,
    set_on_insert: Row | None = None,
    batch_size: int = 1000,
) -> UpsertCounts:
    """Write rows in the session's transaction, and return their counts; of rows with the same key, the last one wins.

    The key is `key_fields`, or what `key_func` returns for a row: fields and their values, which the row then has.
    An update leaves the fields that a row lacks unchanged; an insert sets them to `set_on_insert` or their defaults.
    `updated_at`, like all columns with an `onupdate`, changes only when another field changes.

    A value is stored exactly, or refused: a column with two decimals accepts `1.5` but not `1.505`, a date is not a
    datetime, and numbers are finite. A list is checked as a whole before anything is written. Any other iterable is
    read, checked and written `batch_size` rows at a time, so it need not fit into memory. Raises `ValueError` for a
    faulty row of a list, and `BulkUpsertError` for one of an iterator.
    """
    table = _table_of(collection)
    keys = Keys(key_fields, key_func, partial(check_unique, table))
    _check_fields(table, set_on_insert or {})
    counts = UpsertCounts(matched=0, modified=0, upserted=0)
    first = 0
    with naming_rows(rows, counts):
        async for part in in_parts(rows, batch_size):
            connection = await _connection(db)
            batches = Plan(table, keys, set_on_insert or {}, connection.dialect).batches(part, first)
            add_counts(counts, await _write(connection, batches, batch_size))
            first += len(part)
    if first:
        await _refresh(db, table)
    return counts


def _table_of(collection: str | type[Base]) -> Table:
    if not isinstance(collection, str):
        return cast("Table", collection.__table__)
    tables = Base.metadata.tables
    if collection not in tables:
        raise ValueError(f"There is no table '{collection}'; the tables are: {', '.join(sorted(tables)) or 'none'}")
    return tables[collection]


def _check_fields(table: Table, set_on_insert: Row) -> None:
    for field in set_on_insert:
        if field not in table.c:
            raise ValueError(f"'{table.name}' has no field '{field}' to set on insert")


async def _connection(db: AsyncSession) -> AsyncConnection:
    """Return the connection of a session that may write, after flushing the session's own changes."""
    if isinstance(db.sync_session, ReadSession):
        refuse()
    await db.flush()
    return await db.connection()


async def _write(connection: AsyncConnection, batches: Sequence[Batch], size: int) -> UpsertCounts:
    counts: list[UpsertCounts] = []
    if len(batches) > 1 and not database.ONE_WRITER:  # a single writer cannot deadlock
        counts = [await upsert_rows(connection, part) for batch in in_order(batches) for part in batch.parts(size)]
    upserted = sum(each["upserted"] for each in counts)
    counts = [await upsert_rows(connection, part) for batch in batches for part in batch.parts(size)]
    upserted += sum(each["upserted"] for each in counts)
    modified = sum(each["modified"] for each in counts)
    return UpsertCounts(matched=sum(map(len, batches)) - upserted, modified=modified, upserted=upserted)


async def _refresh(db: AsyncSession, table: Table) -> None:
    """Reload the session's objects of the table; expired objects cannot load themselves under asyncio."""
    held = [instance for instance in db.identity_map.values() if object_mapper(instance).local_table is table]
    for start in range(0, len(held), REFRESHED_AT_ONCE):
        mapper = object_mapper(held[start])
        identities = [mapper.primary_key_from_instance(item) for item in held[start : start + REFRESHED_AT_ONCE]]
        query = select(mapper).where(tuple_(*mapper.primary_key).in_(identities))
        await db.execute(query.execution_options(populate_existing=True))
