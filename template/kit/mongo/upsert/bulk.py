"""Bulk upserts: insert the rows whose key does not exist yet, and update the others."""

from collections.abc import Sequence
from functools import partial

from kit.mongo.documents import BaseDocument, document_classes
from kit.mongo.driver import Database
from kit.mongo.indexes import declared_unique_fields, unique_fields
from kit.mongo.upsert.plan import Plan
from kit.mongo.upsert.writing import write_rows
from kit.upserts import KeyFunction, Keys, Row, Rows, UpsertCounts, add_counts, in_parts, naming_rows


async def bulk_upsert(  # noqa: PLR0913 - all but the first are keywords
    db: Database,
    *,
    collection: str | type[BaseDocument],
    rows: Rows,
    key_fields: Sequence[str] | None = None,
    key_func: KeyFunction | None = None,
    set_on_insert: Row | None = None,
    batch_size: int = 1000,
) -> UpsertCounts:
    """Write rows, and return their counts; of rows with the same key, the last one wins.

    The key is `key_fields`, or what `key_func` returns for a row: fields and their values, which the row then has.
    An update leaves the fields that a row lacks unchanged; an insert sets them to `set_on_insert` or the defaults of
    the document's class. `updated_at` changes only when another field changes. A collection that no class declares
    accepts any fields, and gets no others.

    A list is checked as a whole before anything is written. Any other iterable is read, checked and written
    `batch_size` rows at a time, so it need not fit into memory. Raises `ValueError` for a faulty row of a list, and
    `BulkUpsertError` for one of an iterator. What was written before an error stays.
    """
    document = _class_of(collection)
    target = db[document.collection if document else str(collection)]
    unique = declared_unique_fields(document) if document else await unique_fields(target)
    keys = Keys(key_fields, key_func, partial(_check_unique, target.name, unique, document))
    plan = Plan(document, keys, set_on_insert or {})
    counts = UpsertCounts(matched=0, modified=0, upserted=0)
    first = 0
    with naming_rows(rows, counts):
        async for part in in_parts(rows, batch_size):
            prepared = plan.prepare(part, first)
            for start in range(0, len(prepared), batch_size):
                add_counts(counts, await write_rows(target, prepared[start : start + batch_size]))
            first += len(part)
    return counts


def _class_of(collection: str | type[BaseDocument]) -> type[BaseDocument] | None:
    if not isinstance(collection, str):
        return collection
    return next((document for document in document_classes() if document.collection == collection), None)


def _check_unique(
    collection: str, unique: list[set[str]], document: type[BaseDocument] | None, fields: Sequence[str]
) -> None:
    for field in fields:
        if document and field not in document.model_fields:
            raise ValueError(f"'{collection}' has no field '{field}' to use as a key")
    stored = {document.model_fields[field].alias or field for field in fields} if document else set(fields)
    if stored not in unique:
        listed = ", ".join(f"'{field}'" for field in fields)
        index = f"IndexModel([{listed}], unique=True)"
        where = f"the indexes of {document.__name__}" if document else "the indexes of a class for this collection"
        made = (
            "" if document else f", or make the index: await db['{collection}'].create_index([{listed}], unique=True)"
        )
        raise ValueError(f"Keys of '{collection}' must be unique; add {index} to {where}{made}")
