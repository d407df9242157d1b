"""The values of a column, from rows and from defaults, checked and converted to the driver's form."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any, cast

from sqlalchemy import Column, Dialect, TypeDecorator, bindparam
from sqlalchemy.sql.schema import (
    CallableColumnDefault,
    ColumnElementColumnDefault,
    DefaultGenerator,
    ScalarElementColumnDefault,
)
from sqlalchemy.types import NullType

from kit.sql.upsert.values import check_bound, checked
from kit.upserts import RowError

MISFITS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


def bind(column: Column[Any], values: Sequence[Any], indexes: Sequence[int], dialect: Dialect) -> Sequence[Any]:
    """Convert values of rows to the driver's form; a `RowError` has the index of the first row that does not fit."""
    try:
        return _bound(column, values, dialect)
    except MISFITS:
        for value, index in zip(values, indexes, strict=True):
            try:
                _bound(column, [value], dialect)
            except MISFITS as error:
                raise RowError(index, ValueError(f"'{column.key}' in row {index}: {error}")) from error
        raise


def default_values(column: Column[Any], count: int, dialect: Dialect) -> Sequence[Any]:
    """Return the defaults of `count` new rows: one value if all share it, none if the database sets it."""
    make = _maker(column.default)
    if make is None:
        return ()
    values = [make()]
    # Rows that are written together have the same time.
    if not isinstance(column.default, ScalarElementColumnDefault) and not isinstance(values[0], date):
        values += [make() for _ in range(count - 1)]
    return _bound(column, values, dialect)


def value_on_update(column: Column[Any], dialect: Dialect) -> Any:
    """Return the value that a column gets when another one changes."""
    if isinstance(column.onupdate, ColumnElementColumnDefault):
        return column.onupdate.arg
    make = _maker(column.onupdate) or _nothing
    (value,) = _bound(column, [make()], dialect)
    return bindparam(None, value, type_=NullType(), unique=True)


def needs_a_value(column: Column[Any]) -> bool:
    """Whether a row without this column cannot be inserted."""
    return is_null_by_default(column) and not column.nullable


def is_null_by_default(column: Column[Any]) -> bool:
    """Whether a new row without this column gets null."""
    has_a_default = column.default is not None or column.server_default is not None
    return not (has_a_default or column is column.table.autoincrement_column)


def _bound(column: Column[Any], values: Sequence[Any], dialect: Dialect) -> Sequence[Any]:
    """Check and convert all values together, which takes a fifth of the time for each."""
    type_, values = _undecorated(column.type.dialect_impl(dialect), values, dialect)
    good = iter(checked(type_, [value for value in values if value is not None], dialect))
    values = [None if value is None else next(good) for value in values]
    process = type_.bind_processor(dialect)
    bound = [*map(process, values)] if process else values
    if None in bound and not column.nullable:
        raise ValueError("null in a column that is not nullable")
    check_bound(type_, values, bound)
    return bound


def _undecorated(type_: Any, values: Sequence[Any], dialect: Dialect) -> tuple[Any, Sequence[Any]]:
    """Apply `TypeDecorator`s to values; SQLAlchemy's own, such as Interval, convert in `bind_processor` instead."""
    while _is_decorator(type_) and not _overrides(type_, "bind_processor"):
        if _overrides(type_, "process_bind_param"):
            values = [type_.process_bind_param(value, dialect) for value in values]
        type_ = type_.impl_instance
    return type_, values


def _is_decorator(type_: object) -> bool:
    return isinstance(type_, TypeDecorator)


def _overrides(type_: object, method: str) -> bool:
    return getattr(type(type_), method) is not getattr(TypeDecorator, method)


def _maker(default: DefaultGenerator | None) -> Callable[[], Any] | None:
    match default:
        case ScalarElementColumnDefault():
            return lambda: default.arg
        case CallableColumnDefault():
            # SQLAlchemy passes an execution context, of which there is none here.
            return partial(cast("Callable[[Any], Any]", default.arg), None)
        case _:
            return None


def _nothing() -> None:
    pass
