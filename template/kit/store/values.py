"""How a value becomes bytes, and back; and how a TTL becomes milliseconds."""

import math
from datetime import timedelta
from typing import Any

import orjson

# What comes back is what went in: no tuples, dates or keys that are not strings.
Value = bytes | str | int | float | bool | list[Any] | dict[str, Any]

LONGEST_VALUE = 512 * 1024 * 1024 - 1024  # bytes; servers take half a GiB, and we add a few
WHOLE_NUMBERS = range(-(2**63), 2**63)
BYTES, TEXT, JSON = b"b", b"s", b"j"
NUMBER_STARTS = frozenset(b"-0123456789")


def encode(value: object) -> bytes:
    """Write a value with a letter for its kind; a whole number stands alone, so that a server can count on it."""
    kind = type(value)
    if kind is str:
        payload = TEXT + str(value).encode()
    elif isinstance(value, bytes):
        payload = BYTES + value
    elif kind is int and value in WHOLE_NUMBERS:
        return b"%d" % value
    else:
        payload = JSON + _encode_json(value)
    if len(payload) > LONGEST_VALUE:
        raise ValueError(f"A value has at most {LONGEST_VALUE} bytes, and this one {len(payload)}")
    return payload


def decode(payload: bytes) -> Value:
    """Read what `encode` wrote."""
    kind = payload[:1]
    if kind == TEXT:
        return payload[1:].decode()
    if kind == BYTES:
        return payload[1:]
    return orjson.loads(payload[1:]) if kind == JSON else int(payload)


def is_whole_number(payload: bytes) -> bool:
    return payload[0] in NUMBER_STARTS


def milliseconds(ttl: float | timedelta | None) -> int | None:
    """Turn seconds into milliseconds, at least one; raise `ValueError` for a time that is not ahead."""
    if ttl is None:
        return None
    seconds = ttl.total_seconds() if isinstance(ttl, timedelta) else ttl
    if not 0 < seconds < math.inf:
        raise ValueError(f"A TTL is a number of seconds above 0, not {seconds}; to be rid of a key, delete it")
    return max(1, round(seconds * 1000))


def _encode_json(value: object) -> bytes:
    try:
        payload = orjson.dumps(value)
        same = value is not None and orjson.loads(payload) == value
    except (TypeError, ValueError):
        same, payload = False, b""
    if not same:
        raise TypeError(f"A store takes bytes, str and what JSON gives back unchanged, not this {type(value).__name__}")
    return payload
