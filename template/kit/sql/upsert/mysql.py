"""Upserts on MySQL and MariaDB: many rows in a statement, in the form that the driver itself sends."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Dialect, and_, case, literal_column
from sqlalchemy.dialects.mysql import insert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.sql.upsert.batch import Batch, Incoming
from kit.upserts import UpsertCounts

Rows = list[tuple[Any, ...]]

MAX_ROWS = 1000
MAX_LENGTH = 1_000_000  # of all strings in a statement; servers accept 16 MB or more
UNIQUE_VIOLATION = 1062
MORE_THAN_ONE_ROW = 1242
FAIL: ColumnElement[Any] = literal_column("(SELECT NULL UNION ALL SELECT NULL)")


class Upsert(NamedTuple):
    """The parts of a statement: INSERT INTO …, (%s, %s) for a row, ON DUPLICATE KEY UPDATE … and its parameters."""

    insert: str
    row: str
    update: str
    constants: Sequence[Any]


async def upsert_rows(connection: AsyncConnection, batch: Batch) -> UpsertCounts:
    """Write a batch; raise `IntegrityError` for a row with a unique value that a row with another key has."""
    upsert, rows = prepare(connection.dialect, batch)
    matched = modified = 0
    for part in _parts(rows):
        # The server reports matches only for several rows; a copy of the row matches, and changes nothing.
        sent = part if len(part) > 1 else part * 2
        affected, duplicates = await _execute(connection, upsert, sent)
        matched += duplicates - (len(sent) - len(part))
        modified += affected - len(sent)
    return UpsertCounts(matched=matched, modified=modified, upserted=len(rows) - matched)


def prepare(dialect: Dialect, batch: Batch) -> tuple[Upsert, Rows]:
    """Return the parts of the statement, which are others on MariaDB than on MySQL, and the values of the rows."""
    statement = insert(batch.table)
    inserting = statement.compile(dialect=dialect, column_keys=batch.names)
    upserting = statement.on_duplicate_key_update(_assignments(batch, statement.inserted)).compile(
        dialect=dialect, column_keys=batch.names
    )
    bound = inserting.positiontup or ()
    rows = batch.rows(bound, inserting.params)
    constants = [upserting.params[name] for name in (upserting.positiontup or ())[len(bound) :]]
    head, _, row = inserting.string.partition(" VALUES ")
    return Upsert(f"{head} VALUES ", row, upserting.string.removeprefix(inserting.string), constants), rows


def _assignments(batch: Batch, new: Incoming) -> list[tuple[str, Any]]:
    """Return what an update sets, in order: each assignment sees what those before it have set."""
    old = batch.table.c
    # The server updates any row with the same value in a unique column: fail if that row has another key.
    is_the_row = and_(*(old[name].is_not_distinct_from(new[name]) for name in batch.keys))
    guarded = {batch.keys[0]: case((is_the_row, old[batch.keys[0]]), else_=FAIL)}
    changed = batch.changed(new)
    moved = {name: case((changed, value), else_=old[name]) for name, value in batch.moved(new).items()}
    return [*guarded.items(), *moved.items(), *batch.updated(new).items()]


def _parts(rows: Rows) -> Iterator[Rows]:
    part: Rows = []
    length = 0
    for row in rows:
        part.append(row)
        length += sum(len(value) for value in row if isinstance(value, (str, bytes)))
        if len(part) == MAX_ROWS or length > MAX_LENGTH:
            yield part
            part, length = [], 0
    if part:
        yield part


async def _execute(connection: AsyncConnection, upsert: Upsert, rows: Rows) -> tuple[int, int]:
    """Return how many rows the server affected (a changed one counts twice), and how many existed already."""
    statement = upsert.insert + ", ".join([upsert.row] * len(rows)) + upsert.update
    try:
        result = await connection.exec_driver_sql(statement, (*chain.from_iterable(rows), *upsert.constants))
    except DBAPIError as error:
        if error.orig and error.orig.args[0] == MORE_THAN_ONE_ROW:
            raise _unique_violation(connection, error) from error
        raise
    # Only b"Records: 3  Duplicates: 1  Warnings: 0" says how many, and after a warning only the cursor keeps it.
    cursor: Any = result.context.cursor
    duplicates = re.search(rb"Duplicates: (\d+)", cursor._cursor._result.message)  # noqa: SLF001 - see above
    assert duplicates
    return result.rowcount, int(duplicates[1])


def _unique_violation(connection: AsyncConnection, error: DBAPIError) -> IntegrityError:
    dbapi = connection.dialect.loaded_dbapi
    violation = dbapi.IntegrityError(UNIQUE_VIOLATION, "Another row already has this value in a unique column")
    return IntegrityError(error.statement, error.params, violation, hide_parameters=error.hide_parameters)
