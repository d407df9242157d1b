"""The rule for values: a column returns what it was given, or the row is refused.

Databases differ in what they do with a value that does not fit: some refuse the whole statement and name no row, some
cut or round the value, some store anything. A value that is changed in silence can also equal another key.
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
    """Return values, of which none is `None`, in one form each; raise `TypeError` or `ValueError` for a misfit."""
    check = next((check for kind, check in CHECKS.items() if isinstance(type_, kind)), _check_python_type)
    return check(type_, values, dialect)


def check_bound(type_: TypeEngine[Any], values: Values, bound: Values) -> None:
    """Raise `ValueError` for values that are not the same any more in the form that the driver takes."""
    if isinstance(type_, Enum) and not {*type_.enums, None}.issuperset(bound):
        raise ValueError(f"not one of {', '.join(type_.enums)}")
    if isinstance(type_, JSON):
        for value, text in zip(values, bound, strict=True):
            _check_json(value, text)


def _check_python_type(type_: Any, values: Values, _: Dialect) -> Values:
    try:
        expected = type_.python_type
    except NotImplementedError:  # a type of one database, which knows what it takes
        return values
    check_types(values, expected)
    return values


def _check_texts(type_: Any, values: Values, _: Dialect) -> Values:
    check_types(values, str)
    text = "".join(values)
    text.encode()  # half of a surrogate pair has no bytes
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
        json.dumps(value, ensure_ascii=False).encode()  # as with texts
        if "\\u0000" in text.replace("\\\\", ""):
            raise ValueError(NUL)
    if json.loads(text) != value:
        raise ValueError("JSON would return another value")


# The first that is a type's is its check: an Enum is a String, and a Float is a Numeric.
CHECKS: dict[type[TypeEngine[Any]], Callable[[Any, Values, Dialect], Values]] = {
    Enum: _unchecked,  # until it is bound
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
