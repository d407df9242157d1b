"""From rows to what is written: checked, one for each key, and encoded."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from bson import encode
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument

from kit.mongo.documents import CODECS, BaseDocument, now
from kit.mongo.fields import fields_of
from kit.upserts import Keys, Row, RowError

MAX_SIZE = 16 * 1024 * 1024  # bytes of a document, by MongoDB's own limit
MISFITS = (BSONError, ValueError, TypeError, OverflowError)


@dataclass(slots=True)
class Prepared:
    """A row that can be written."""

    index: int
    key: Mapping[str, Any]
    fields: Mapping[str, Any]
    """What an update sets if it differs, and an insert in any case."""
    encoded: RawBSONDocument
    """The fields as they are stored."""
    make_first: Callable[[], Mapping[str, Any]]
    """Makes what only an insert sets."""
    updated_at: datetime | None
    """To what `updated_at` moves with a change; `None` is for documents that have none."""
    is_dated: bool
    """Whether the row itself brings its `updated_at`."""


@dataclass
class Plan:
    """What is the same for all rows of a call."""

    document: type[BaseDocument] | None
    keys: Keys
    set_on_insert: Row

    def prepare(self, rows: Sequence[Row], first: int) -> Sequence[Prepared]:
        """Check all rows, and give the last one of each key; `first` is the index of the first row."""
        rows = self.keys.complete(rows, first)
        last = {self._identity(row, index): index for index, row in enumerate(rows, first)}
        return [self._prepared(rows[index - first], index) for index in last.values()]

    def _identity(self, row: Row, index: int) -> Hashable:
        try:
            identity = tuple(row[field] for field in self.keys.fields)
            hash(identity)
        except TypeError as error:
            raise RowError(index, ValueError(f"A key cannot be a list or a document: {error}")) from error
        return identity

    def _prepared(self, row: Row, index: int) -> Prepared:
        try:
            key, fields, make_first = self._stored(row)
            dated = fields.pop("updated_at", None)
            return Prepared(
                index=index,
                key=key,
                fields=fields,
                encoded=_encoded(fields),
                make_first=make_first,
                updated_at=dated or (now() if self.document else None),
                is_dated=dated is not None,
            )
        except MISFITS as error:
            raise RowError(index, ValueError(str(error))) from error

    def _stored(self, row: Row) -> tuple[dict[str, Any], dict[str, Any], Callable[[], dict[str, Any]]]:
        key = {name: row[name] for name in self.keys.fields}
        fields = {name: value for name, value in row.items() if name not in key and name not in self._ignored}
        for name in self.set_on_insert:
            if name in row:
                raise ValueError(f"Field '{name}' is in the row and in set_on_insert")
        if self.document is None:
            _check_names(fields)
            return key, fields, lambda: self._first
        types = fields_of(self.document)
        key, fields = types.stored(key), types.stored(fields)
        given = key.keys() | fields.keys() | self._first.keys()
        types.check_complete(given)
        return key, fields, lambda: types.defaults(given) | self._first

    @cached_property
    def _ignored(self) -> set[str]:
        return {"_id", "id"} if self.document else {"_id"}

    @cached_property
    def _first(self) -> dict[str, Any]:
        return fields_of(self.document).stored(self.set_on_insert) if self.document else dict(self.set_on_insert)


def _check_names(fields: Row) -> None:
    for name in fields:
        if name.startswith("$") or "." in name:
            raise ValueError(f"'{name}' cannot be the name of a field: MongoDB would take it for an operator or a path")


def _encoded(fields: Mapping[str, Any]) -> RawBSONDocument:
    try:
        encoded = encode(fields, codec_options=CODECS)
    except MISFITS:
        for name, value in fields.items():
            _encode_field(name, value)
        raise
    if len(encoded) > MAX_SIZE:
        raise ValueError(f"it has {len(encoded)} bytes, and a document can have {MAX_SIZE}")
    return RawBSONDocument(encoded)


def _encode_field(name: str, value: Any) -> None:
    try:
        encode({name: value}, codec_options=CODECS)
    except MISFITS as error:
        raise ValueError(f"'{name}': {error}") from error
