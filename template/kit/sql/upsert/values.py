"""Checks of values: a column returns exactly what it was given, or the row is refused.

Databases treat a value that does not fit in different ways: some refuse the whole statement without naming the row,
some truncate or round the value, some store anything. A silently changed value can also equal another key.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    DateTime,
    Dialect,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    String,
    Time,
)
from sqlalchemy.types import TypeEngine

from kit.sql.dialect import dialect as database
from kit.sql.upsert.kinds import Values, check_types
from kit.sql.upsert.numbers import check_decimals, check_floats, check_integers
from kit.sql.upsert.times import check_intervals, check_times

NUL = "a NUL character, which not every database can store"


def checked(type_: TypeEngine[Any], values: Values, dialect: Dialect) -> Values:
    """Return values in one form; raise `TypeError` or `ValueError` if one does not fit. None of them is `None`."""
    check = next((check for kind, check in CHECKS.items() if isinstance(type_, kind)), _check_python_type)
    return check(type_, values, dialect)


def check_bound(type_: TypeEngine[Any], values: Values, bound: Values) -> None:
    """Raise `ValueError` for values that have changed in the driver's form."""
    if isinstance(type_, Enum) and not {*type_.enums, None}.issuperset(bound):
        raise ValueError(f"not one of {', '.join(type_.enums)}")
    if isinstance(type_, JSON):
        for value, text in zip(values, bound, strict=True):
            _check_json(value, text)


def _check_python_type(type_: Any, values: Values, _: Dialect) -> Values:
    try:
        expected = type_.python_type
    except NotImplementedError:  # a type of one database, which checks values itself
        return values
    check_types(values, expected)
    return values


def _check_texts(type_: Any, values: Values, _: Dialect) -> Values:
    check_types(values, str)
    text = "".join(values)
    text.encode()  # fails for half of a surrogate pair
    if "\0" in text:
        raise ValueError(NUL)
    if type_.length is not None and max(map(len, values), default=0) > type_.length:
        raise ValueError(f"longer than {type_.length} characters")
    return values


def _check_bytes(_type: Any, values: Values, _: Dialect) -> Values:
    check_types(values, bytes, bytearray, memoryview)
    return [bytes(value) for value in values]


def _check_arrays(type_: Any, values: Values, dialect: Dialect) -> Values:
    check_types(values, list, tuple)
    items = [item for value in values for item in _items(value) if item is not None]
    checked(type_.item_type.dialect_impl(dialect), items, dialect)
    return values


def _items(value: Any) -> Iterator[Any]:
    if type(value) in {list, tuple}:
        for item in value:
            yield from _items(item)
    else:
        yield value


def _unchecked(_type: Any, values: Values, _: Dialect) -> Values:
    return values


def _check_json(value: object, text: str | None) -> None:
    if text is None:
        return
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()  # as in `_check_texts`
        if "\\u0000" in text.replace("\\\\", ""):
            raise ValueError(NUL)
    if json.loads(text) != value:
        raise ValueError("JSON would change the value")


# The first match counts: an Enum is also a String, and a Float a Numeric.
CHECKS: dict[type[TypeEngine[Any]], Callable[[Any, Values, Dialect], Values]] = {
    Enum: _unchecked,  # `check_bound` does
    JSON: _unchecked,
    String: _check_texts,
    Integer: check_integers,
    Float: check_floats,
    Numeric: check_decimals,
    LargeBinary: _check_bytes,
    DateTime: check_times,
    Time: check_times,
    Interval: check_intervals,
    **dict.fromkeys(database.INTERVALS, check_intervals),
    ARRAY: _check_arrays,
}
