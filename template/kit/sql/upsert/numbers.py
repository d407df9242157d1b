"""Checks that a column stores numbers exactly: in its range, finite, and with no more digits than it has."""

import math
from collections.abc import Iterator, Sequence
from decimal import Context, Decimal
from typing import Any

from sqlalchemy import Dialect

from kit.sql.dialect import dialect as database
from kit.sql.upsert.kinds import Values, check_types

EXACT = Context(prec=1000)
BITS = {"small_integer": 16, "SMALLINT": 16, "big_integer": 64, "BIGINT": 64, "TINYINT": 8, "MEDIUMINT": 24}


def check_integers(type_: Any, values: Values, _: Dialect) -> Values:
    check_types(values, int)
    bits = BITS.get(type_.__visit_name__, 32)
    low, high = (0, 2**bits) if getattr(type_, "unsigned", False) else (-(2 ** (bits - 1)), 2 ** (bits - 1))
    if values and not low <= min(values) <= max(values) < high:
        raise ValueError(f"out of the range from {low} to {high - 1}")
    return values


def check_floats(_type: Any, values: Values, _: Dialect) -> Values:
    check_types(values, float, int, Decimal)
    floats = [float(value) for value in values]
    _check_finite(map(math.isfinite, floats))
    if any(old != new and old != Decimal(repr(new)) for old, new in zip(values, floats, strict=True)):
        raise ValueError("more digits than a floating-point number has")
    return floats


def check_decimals(type_: Any, values: Values, dialect: Dialect) -> Values:
    check_types(values, Decimal, int, float)
    exact = [Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value) for value in values]
    _check_finite(map(Decimal.is_finite, exact))
    precision, scale = type_.precision or database.NUMERIC_PRECISION, type_.scale or 0
    if precision is not None:
        _check_digits(exact, precision, scale)
    if type_.asdecimal and not database.KEEPS_DECIMALS:
        read = type_.result_processor(dialect, None)
        if any(read(float(value)) != value for value in exact):
            raise ValueError("more digits than the database keeps")
    return exact


def _check_digits(values: Sequence[Decimal], precision: int, scale: int) -> None:
    limit, step = 10 ** (precision - scale), Decimal(1).scaleb(-scale)
    if any(abs(value) >= limit for value in values):
        raise ValueError(f"out of the range between {-limit} and {limit}")
    if any(EXACT.remainder(value, step) for value in values):
        raise ValueError(f"more than {scale} decimals")


def _check_finite(is_finite: Iterator[bool]) -> None:
    if not all(is_finite):
        raise ValueError("not a finite number")
