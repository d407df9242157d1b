"""Exports a store as lines of JSON, and imports them into another store."""

import asyncio
import base64
import time
from collections.abc import AsyncGenerator, Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import orjson

from kit.store.engine import Lifetime, Record
from kit.store.names import decode, encode
from kit.store.store import StoreService
from kit.store.values import decode as decode_value
from kit.store.values import encode as encode_value

RECORDS_AT_ONCE = 500


async def export_lines(store: StoreService) -> AsyncGenerator[bytes]:
    """Yield a line for each key; an expired key is included only if it has a callback."""
    after = b""
    while records := await store.engine.records(after, RECORDS_AT_ONCE):
        for record in records:
            if record.callback or not record.deadline or record.deadline > _now():
                yield orjson.dumps(_line(record), option=orjson.OPT_APPEND_NEWLINE)
        after = records[-1].name


async def import_lines(store: StoreService, lines: Iterable[str]) -> int:
    """Write the keys in these lines, overwrite existing ones, and return the number of lines."""
    remaining = iter(lines)
    count = 0
    while batch := [_record(orjson.loads(line)) for line in islice(remaining, RECORDS_AT_ONCE)]:
        await asyncio.gather(*(_put(store, record) for record in batch))
        count += len(batch)
    return count


async def _put(store: StoreService, record: Record) -> None:
    # A key that has expired since the export expires again at once, so that its callback is called.
    ttl = None if record.deadline is None else max(1, record.deadline - _now())
    await store.engine.put([(record.name, record.payload)], Lifetime(ttl, record.callback))


def _line(record: Record) -> dict[str, Any]:
    namespace, key = decode(record.name)
    value = decode_value(record.payload)
    line: dict[str, Any] = {"namespace": namespace, "key": key}
    line |= {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else {"value": value}
    if record.deadline:
        line["expires_at"] = datetime.fromtimestamp(record.deadline / 1000, UTC).isoformat(timespec="milliseconds")
    if record.callback:
        line["on_expiry"] = record.callback
    return line


def _record(line: dict[str, Any]) -> Record:
    value = base64.b64decode(line["base64"]) if "base64" in line else line["value"]
    deadline = round(datetime.fromisoformat(line["expires_at"]).timestamp() * 1000) if "expires_at" in line else None
    return Record(encode(line["namespace"], line["key"]), encode_value(value), deadline, line.get("on_expiry", ""))


def _now() -> int:
    return time.time_ns() // 1_000_000
