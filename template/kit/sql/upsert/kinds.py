"""The Python types that a column accepts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

Values = Sequence[Any]


def check_types(values: Values, *expected: type) -> None:
    """Raise `TypeError` for a value of another type than these."""
    for found in set(map(type, values)):
        # In Python a `bool` is an `int`, and a `datetime` a `date`; in a database they are not.
        narrow = next((kind for kind in (bool, datetime) if issubclass(found, kind)), None)
        if not issubclass(found, expected) or (narrow and narrow not in expected):
            raise TypeError(f"expected {expected[0].__name__}, got {found.__name__}")
