"""Upserts on PostgreSQL: one statement for a batch, with an array for each column as its parameters."""

from typing import Any
from typing import cast as cast_type

from sqlalchemy import Boolean, ColumnElement, bindparam, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import NullType, TypeEngine

from kit.sql.upsert.batch import Batch
from kit.upserts import UpsertCounts

IS_NEW = literal_column("xmax = 0", Boolean)  # an update locks the row first, which sets its xmax


async def upsert_rows(connection: AsyncConnection, batch: Batch) -> UpsertCounts:
    """Write a batch; rows that do not differ are neither written nor returned."""
    types = {name: batch.table.c[name].type.dialect_impl(connection.dialect) for name in batch.names}
    source = select(
        *(_unnest(values, types[name]) for name, values in batch.columns.items()),
        *(_bound(value, types[name]) for name, value in batch.constants.items()),
    )
    new = (statement := insert(batch.table)).excluded
    written = (
        statement.from_select([batch.table.c[name] for name in types], source)
        .on_conflict_do_update(
            index_elements=batch.keys, set_=batch.moved(new) | batch.updated(new), where=batch.changed(new)
        )
        .returning(IS_NEW.label("is_new"))
        .cte("written")
    )
    count = select(func.count(), func.count().filter(written.c.is_new)).select_from(written)
    total, upserted = (await connection.execute(count)).one()
    return UpsertCounts(matched=len(batch) - upserted, modified=total - upserted, upserted=upserted)


def _unnest(values: Any, type_: TypeEngine[Any]) -> ColumnElement[Any]:
    if isinstance(getattr(type_, "impl_instance", type_), ARRAY):
        # unnest() would take arrays of arrays apart, down to the last element.
        texts = [None if value is None else _array_text(value) for value in values]
        return cast(func.unnest(_bound(texts, ARRAY(TEXT))), type_)
    return func.unnest(_bound(values, ARRAY(type_)))


def _bound(value: Any, type_: TypeEngine[Any]) -> ColumnElement[Any]:
    parameter = bindparam(None, value, NullType(), unique=True)  # no type: it has the driver's form
    return cast(parameter, type_)


def _array_text(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        value = f"\\x{value.hex()}"
    if not isinstance(value, list):
        return '"' + str(value).replace("\\", r"\\").replace('"', r"\"") + '"'
    return "{" + ",".join(map(_array_text, cast_type("list[Any]", value))) + "}"
