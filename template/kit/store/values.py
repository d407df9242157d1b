"""Encodes values as bytes and decodes them, and converts TTLs to milliseconds."""

from datetime import timedelta
from typing import Any

import orjson

# A value must come back unchanged: no tuples, no dates, and only strings as keys of a dict.
Value = bytes | str | int | float | bool | list[Any] | dict[str, Any]

MAX_VALUE_SIZE = 512 * 1024 * 1024 - 1024  # bytes; servers accept half a GiB, and the encoding adds a few
WHOLE_NUMBERS = range(-(2**63), 2**63)
MAX_TTL = 1000 * 365 * 24 * 60 * 60  # seconds: both engines, and `export`, can still write the deadline
BYTES, TEXT, JSON = b"b", b"s", b"j"
NUMBER_STARTS = frozenset(b"-0123456789")


def encode(value: object) -> bytes:
    """Encode a value with a letter for its type; an integer has no letter, so that a server can increment it."""
    kind = type(value)
    if kind is str:
        payload = TEXT + str(value).encode()
    elif isinstance(value, bytes):
        payload = BYTES + value
    elif kind is int and value in WHOLE_NUMBERS:
        return b"%d" % value
    else:
        payload = JSON + _encode_json(value)
    if len(payload) > MAX_VALUE_SIZE:
        raise ValueError(f"A value may have at most {MAX_VALUE_SIZE} bytes; this one has {len(payload)}")
    return payload


def decode(payload: bytes) -> Value:
    """Decode what `encode` returned."""
    kind = payload[:1]
    if kind == TEXT:
        return payload[1:].decode()
    if kind == BYTES:
        return payload[1:]
    return orjson.loads(payload[1:]) if kind == JSON else int(payload)


def is_whole_number(payload: bytes) -> bool:
    return payload[0] in NUMBER_STARTS


def milliseconds(ttl: float | timedelta | None) -> int | None:
    """Return a TTL in milliseconds, at least 1; raise `ValueError` if it is not positive, or too long."""
    if ttl is None:
        return None
    seconds = ttl.total_seconds() if isinstance(ttl, timedelta) else ttl
    if not 0 < seconds <= MAX_TTL:
        raise ValueError(
            f"A TTL must be a positive number of seconds up to {MAX_TTL}, not {seconds}; "
            "to remove a key, delete it, and to keep it for ever, leave out the TTL"
        )
    return max(1, round(seconds * 1000))


def _encode_json(value: object) -> bytes:
    try:
        payload = orjson.dumps(value)
        same = value is not None and orjson.loads(payload) == value
    except (TypeError, ValueError):
        same, payload = False, b""
    if not same:
        raise TypeError(f"A value must be bytes, str or what JSON returns unchanged, not this {type(value).__name__}")
    return payload
