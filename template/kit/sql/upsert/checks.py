"""Values that a column cannot hold, found before a database refuses them, cuts them off or converts them."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from types import NoneType
from typing import Any

from sqlalchemy import BigInteger, Enum, Integer, Numeric, SmallInteger, String, TypeDecorator
from sqlalchemy.types import TypeEngine

ALSO_GOOD: dict[type, tuple[type, ...]] = {
    float: (float, int, Decimal),
    Decimal: (Decimal, int, float),
    bytes: (bytes, bytearray, memoryview),
    list: (list, tuple),
}


def check_python_types(type_: TypeEngine[Any], found: Collection[type]) -> None:
    """Raise `TypeError` for a type of values that does not belong in the column."""
    python_type = object if isinstance(type_, Enum) else type_.python_type  # an Enum takes the names of its members
    expected = ALSO_GOOD.get(python_type, (python_type,))
    for misfit in found:
        if not issubclass(misfit, (*expected, NoneType)):
            raise TypeError(f"{misfit.__name__} where {python_type.__name__} belongs")


def check(type_: TypeEngine[Any], values: Sequence[Any]) -> None:
    """Raise `TypeError` or `ValueError` unless all of these fit; they are as the driver takes them."""
    type_ = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    match type_:
        case Enum(enums=names):
            if not set(names).issuperset(values):
                raise ValueError(f"not one of {', '.join(names)}")
        case String(length=length):
            _check_texts(length, values)
        case Integer() if not getattr(type_, "unsigned", False):
            limit = 2 ** (_bits(type_) - 1)
            if values and not -limit <= min(values) <= max(values) < limit:
                raise ValueError(f"out of the range from {-limit} to {limit - 1}")
        case Numeric(precision=int(precision), scale=scale):
            limit = 10 ** (precision - (scale or 0))
            if any(abs(value) >= limit for value in values):
                raise ValueError(f"out of the range between {-limit} and {limit}")
        case _:
            pass


def _bits(type_: Integer) -> int:
    return 64 if isinstance(type_, BigInteger) else 16 if isinstance(type_, SmallInteger) else 32


def _check_texts(length: int | None, values: Sequence[str]) -> None:
    text = "".join(values)
    text.encode()  # half of a surrogate pair has no bytes
    if "\0" in text:
        raise ValueError("a NUL character, which not every database can store")
    if length is not None and max(map(len, values), default=0) > length:
        raise ValueError(f"longer than {length} characters")
