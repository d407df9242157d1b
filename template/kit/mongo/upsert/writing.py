"""The writing of a batch: insert what is new, update what differs, and leave the rest alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, Protocol

from bson import encode
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError
from pymongo.results import BulkWriteResult

from kit.mongo.documents import CODECS
from kit.mongo.driver import Collection
from kit.mongo.errors import DUPLICATE_KEY, is_state_of_server
from kit.mongo.updates import insert_or_set_if_changed, later
from kit.mongo.upsert.plan import Prepared, identity
from kit.upserts import RowError, UpsertCounts

TICK = timedelta(milliseconds=1)  # the resolution of MongoDB's times
ATTEMPTS = 5


class Kind(Enum):
    """When a write takes effect."""

    ALWAYS = auto()
    IF_ABSENT = auto()
    IF_AS_READ = auto()


@dataclass(frozen=True)
class Write:
    row: Prepared
    kind: Kind
    operation: UpdateOne


class BulkWriter(Protocol):
    """The part of a collection that takes many writes at once."""

    async def bulk_write(self, requests: Sequence[UpdateOne], ordered: bool = True) -> BulkWriteResult: ...  # noqa: FBT001, FBT002 - the driver's signature


async def write_rows(collection: Collection, rows: Sequence[Prepared]) -> UpsertCounts:
    """Write rows with different keys; a row that another writer changes meanwhile is written again."""
    upserted = modified = 0
    stored = await read_documents(collection, rows)
    writes = [write for row in rows if (write := _write(row, stored))]
    for attempt in range(ATTEMPTS):
        if not writes:
            break
        result = await _bulk_write(collection, writes)
        upserted += result["nUpserted"]
        modified += result["nModified"]
        left = [*_raced(writes, result["writeErrors"], attempt), *_missed(writes, result)]
        writes = [Write(row, Kind.ALWAYS, _upsert(row)) for row in left]
    matched = len(rows) - upserted
    return UpsertCounts(matched=matched, modified=min(modified, matched), upserted=upserted)


async def read_documents(collection: Collection, rows: Sequence[Prepared]) -> dict[Any, Mapping[str, Any]] | None:
    """Return the existing documents by key, which saves writes, or `None` if that takes more than a cheap query."""
    if len(rows[0].key) > 1 or any(row.updated_at is None for row in rows):
        return None
    (name,) = rows[0].key
    fields = {name, "updated_at"}.union(*(row.fields for row in rows))
    found = collection.find({name: {"$in": [row.key[name] for row in rows]}}, dict.fromkeys(fields, 1))
    return {identity(document[name]): document for document in await found.to_list(None)}


def _write(row: Prepared, stored: Mapping[Any, Mapping[str, Any]] | None) -> Write | None:
    if stored is None:
        return Write(row, Kind.ALWAYS, _upsert(row))
    (value,) = row.key.values()
    if (key := identity(value)) not in stored:
        new = {**row.make_first(), **row.fields, "updated_at": row.updated_at}
        return Write(row, Kind.IF_ABSENT, UpdateOne(_filter(row), {"$setOnInsert": new}, upsert=True))
    document = stored[key]
    there = {name: document[name] for name in row.fields if name in document}
    if encode(there, codec_options=CODECS) == row.encoded.raw:
        return None
    seen = document.get("updated_at")
    as_read = {"_id": document["_id"], "updated_at": seen}
    return Write(row, Kind.IF_AS_READ, UpdateOne(as_read, {"$set": {**row.fields, "updated_at": _moved(row, seen)}}))


def _moved(row: Prepared, seen: object) -> datetime | None:
    """Return the new `updated_at`, which is always later than the old one, so that each version has its own."""
    if row.is_dated or row.updated_at is None or not isinstance(seen, datetime):
        return row.updated_at
    return max(row.updated_at, seen + TICK)


def _upsert(row: Prepared) -> UpdateOne:
    """Return an update that works without reading the document; it costs the server more than the others."""
    if row.updated_at is None:
        return UpdateOne(_filter(row), {"$set": row.encoded, "$setOnInsert": row.make_first()}, upsert=True)
    touched = {"$literal": row.updated_at} if row.is_dated else later(row.updated_at)
    new = {**row.make_first(), "updated_at": row.updated_at}
    pipeline = insert_or_set_if_changed(row.key, row.encoded, {"updated_at": touched}, new)
    return UpdateOne(_filter(row), pipeline, upsert=True)


def _filter(row: Prepared) -> dict[str, Any]:
    return {name: {"$eq": value} for name, value in row.key.items()}  # otherwise a value could be read as an operator


async def _bulk_write(collection: BulkWriter, writes: Sequence[Write]) -> Mapping[str, Any]:
    operations = [write.operation for write in writes]
    try:
        return (await collection.bulk_write(operations, ordered=False)).bulk_api_result
    except BulkWriteError as error:
        if is_state_of_server(error):
            raise
        return error.details


def _raced(writes: Sequence[Write], errors: Sequence[Mapping[str, Any]], attempt: int) -> Iterator[Prepared]:
    """Yield the rows that another writer inserted at the same time; raise any other error."""
    for error in errors:
        index: int = error["index"]
        row = writes[index].row
        if error["code"] != DUPLICATE_KEY:
            raise RowError(row.index, ValueError(error["errmsg"]))
        if set(error.get("keyPattern", ())) != set(row.key) or attempt == ATTEMPTS - 1:
            raise BulkWriteError({"writeErrors": errors})
        yield row


def _missed(writes: Sequence[Write], result: Mapping[str, Any]) -> Iterator[Prepared]:
    """Yield the rows whose writes did nothing, because the documents were no longer as they were read."""
    done = {each["index"] for each in (*result["upserted"], *result["writeErrors"])}
    absent = [write.row for index, write in enumerate(writes) if write.kind is Kind.IF_ABSENT and index not in done]
    yield from absent
    as_read = [write.row for index, write in enumerate(writes) if write.kind is Kind.IF_AS_READ and index not in done]
    if result["nMatched"] < len(absent) + len(as_read):  # the server does not say which
        yield from as_read
