"""Upserts on SQLite: one row at a time, which costs nothing extra inside the process."""

from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select, tuple_
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.sql.upsert.batch import Batch
from kit.upserts import UpsertCounts

MAX_VARIABLES = 32_766  # SQLite's limit for a statement


async def upsert_rows(connection: AsyncConnection, batch: Batch) -> UpsertCounts:
    """Write a batch; keys that exist before are the matches, since nobody else writes meanwhile."""
    parts = batch.parts(MAX_VARIABLES // len(batch.keys))
    matched = sum([await _count_keys(connection, part) for part in parts])
    written = await _write(connection, batch)
    upserted = len(batch) - matched
    return UpsertCounts(matched=matched, modified=written - upserted, upserted=upserted)


async def _count_keys(connection: AsyncConnection, batch: Batch) -> int:
    keys = batch.rows(batch.keys, {})
    row = f"({', '.join('?' * len(batch.keys))})"
    listed: ColumnElement[Any] = literal_column(f"(VALUES {', '.join([row] * len(keys))})")
    key = tuple_(*(batch.table.c[name] for name in batch.keys))
    query = select(func.count()).select_from(batch.table).where(key.op("IN")(listed))
    statement = str(query.compile(dialect=connection.dialect))
    return (await connection.exec_driver_sql(statement, tuple(value for key in keys for value in key))).scalar_one()


async def _write(connection: AsyncConnection, batch: Batch) -> int:
    new = (statement := insert(batch.table)).excluded
    statement = statement.on_conflict_do_update(
        index_elements=batch.keys, set_=batch.moved(new) | batch.updated(new), where=batch.changed(new)
    )
    compiled = statement.compile(dialect=connection.dialect, column_keys=batch.names)
    rows = batch.rows(compiled.positiontup or (), compiled.params)
    return (await connection.exec_driver_sql(compiled.string, rows)).rowcount
