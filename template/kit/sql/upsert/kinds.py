"""The kinds of values, as Python tells them apart, that a column takes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

Values = Sequence[Any]


def check_types(values: Values, *expected: type) -> None:
    """Raise `TypeError` for a value that is none of these."""
    for found in set(map(type, values)):
        # To Python a `bool` is an `int` and a `datetime` a `date`; to a database they are not.
        narrow = next((kind for kind in (bool, datetime) if issubclass(found, kind)), None)
        if not issubclass(found, expected) or (narrow and narrow not in expected):
            raise TypeError(f"{found.__name__} where {expected[0].__name__} belongs")
