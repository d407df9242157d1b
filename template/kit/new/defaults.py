"""The defaults of fields and settings: what is written after `=`, in Python."""

import json
import math
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

import click

MAX_LENGTHS = {"str": 255, "text": 10_000}
BOOLS = {"true": "True", "false": "False"}


def literal(kind: str, text: str | None, field: str) -> str | None:
    """Return the default as a Python expression; refuse one that does not fit the type."""
    if text is None:
        return None
    if kind not in READERS:
        raise click.UsageError(f"Leave out the default, or write ? instead. '{field}' has a type without defaults.")
    try:
        return READERS[kind](text)
    except (ValueError, InvalidOperation, OverflowError):
        raise click.UsageError(f"Use a default that is {EXPECTED[kind]}. '{text}' of '{field}' is not.") from None


def _text(text: str, max_length: int) -> str:
    if len(text) > max_length or not (text.isprintable() or text == ""):
        raise ValueError
    return json.dumps(text, ensure_ascii=False)


def _int(text: str) -> str:
    number = int(text)
    if not -(2**31) <= number < 2**31:
        raise ValueError
    return str(number)


def _float(text: str) -> str:
    if not math.isfinite(number := float(text)):
        raise ValueError
    return repr(number)


def _decimal(text: str) -> str:
    number = Decimal(text)
    stored = number.quantize(Decimal("0.0001"))
    if number != stored or abs(stored) >= 10**11:
        raise ValueError
    return f'Decimal("{stored}")'


def _bool(text: str) -> str:
    if text not in BOOLS:
        raise ValueError
    return BOOLS[text]


READERS: dict[str, Callable[[str], str]] = {
    "str": lambda text: _text(text, MAX_LENGTHS["str"]),
    "text": lambda text: _text(text, MAX_LENGTHS["text"]),
    "int": _int,
    "float": _float,
    "decimal": _decimal,
    "bool": _bool,
}
EXPECTED = {
    "str": "one line of at most 255 characters",
    "text": "one line of at most 10,000 characters",
    "int": "a whole number of 32 bits, such as 0",
    "float": "a number such as 0.5",
    "decimal": "a number such as 12.50, with at most 11 digits before the point and 4 after it",
    "bool": "true or false",
}
