"""The values of a column, checked and in the form that the driver takes: those of rows, and its defaults."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any, cast

from sqlalchemy import Column, Dialect, bindparam
from sqlalchemy.sql.schema import (
    CallableColumnDefault,
    ColumnElementColumnDefault,
    DefaultGenerator,
    ScalarElementColumnDefault,
)
from sqlalchemy.types import NullType

from kit.sql.upsert.checks import check, check_python_types
from kit.upserts import RowError

Converter = Callable[[Any], Any]
MISFITS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


def bind(column: Column[Any], values: Sequence[Any], indexes: Sequence[int], dialect: Dialect) -> Sequence[Any]:
    """Turn values of rows into what the driver takes; `RowError` has the index of the first row with a misfit."""
    try:
        return _convert(column, values, dialect)
    except MISFITS:
        for value, index in zip(values, indexes, strict=True):
            try:
                _convert(column, [value], dialect)
            except MISFITS as error:
                raise RowError(index, ValueError(f"'{column.key}' in row {index}: {error}")) from error
        raise


def default_values(column: Column[Any], count: int, dialect: Dialect) -> Sequence[Any]:
    """Make the values that so many new rows start with: one if it is the same for all, none if the database does."""
    make = _maker(column.default)
    if make is None:
        return ()
    values = [make()]
    # Rows that are written together have the same time.
    if not isinstance(column.default, ScalarElementColumnDefault) and not isinstance(values[0], date):
        values += [make() for _ in range(count - 1)]
    return _convert(column, values, dialect)


def value_on_update(column: Column[Any], dialect: Dialect) -> Any:
    """Make what a column becomes when another one has changed."""
    if isinstance(column.onupdate, ColumnElementColumnDefault):
        return column.onupdate.arg
    make = _maker(column.onupdate) or _nothing
    return bindparam(None, _processor(column, dialect)(make()), type_=NullType(), unique=True)


def needs_a_value(column: Column[Any]) -> bool:
    """Tell whether a row without this column could not be inserted."""
    has_a_default = column.default is not None or column.server_default is not None
    return not (column.nullable or has_a_default or column is column.table.autoincrement_column)


def _convert(column: Column[Any], values: Sequence[Any], dialect: Dialect) -> Sequence[Any]:
    """Convert many values at a time, which takes a fifth of the time for each of them."""
    check_python_types(column.type, set(map(type, values)))
    bound = [*map(_processor(column, dialect), values)]
    if None in bound and not column.nullable:
        raise ValueError("null, which the column refuses")
    check(column.type, [value for value in bound if value is not None])
    return bound


def _processor(column: Column[Any], dialect: Dialect) -> Converter:
    return column.type.dialect_impl(dialect).bind_processor(dialect) or _unchanged


def _maker(default: DefaultGenerator | None) -> Callable[[], Any] | None:
    match default:
        case ScalarElementColumnDefault():
            return lambda: default.arg
        case CallableColumnDefault():
            return partial(cast("Converter", default.arg), None)  # the context that nobody else gives it either
        case _:
            return None


def _unchanged(value: Any) -> Any:
    return value


def _nothing() -> None:
    pass
