"""Checks that a column stores times exactly: with or without a time zone, and with all their decimals."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Dialect

from kit.sql.dialect import dialect as database
from kit.sql.upsert.kinds import Values, check_types


def check_times(type_: Any, values: Values, _: Dialect) -> Values:
    check_types(values, type_.python_type)
    keeps_zone = type_.timezone and database.KEEPS_TIME_ZONES
    if any((value.tzinfo is not None) is not keeps_zone for value in values):
        raise ValueError("has no time zone" if keeps_zone else "has a time zone, which the column does not store")
    _check_fractions(type_, (value.microsecond for value in values))
    return values


def check_intervals(type_: Any, values: Values, _: Dialect) -> Values:
    check_types(values, timedelta)
    _check_fractions(type_, (value.microseconds for value in values))
    return values


def _check_fractions(type_: Any, microseconds: Iterator[int]) -> None:
    decimals = database.decimals_of_seconds(type_)
    if decimals is not None and any(value % 10 ** (6 - decimals) for value in microseconds):
        raise ValueError(f"more than {decimals} decimals of a second")
