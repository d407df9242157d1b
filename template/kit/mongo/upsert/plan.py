"""The preparation of rows: check them, keep one of each key, and encode them."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from bson import encode
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument

from kit.mongo.documents import CODECS, BaseDocument, now
from kit.mongo.fields import fields_of
from kit.upserts import Keys, Row, RowError

Stored = dict[str, Any]

MAX_SIZE = 16 * 1024 * 1024  # bytes of a document: MongoDB's limit
SAME_EQUALITY = {str, int, float, UUID}  # values are equal in Python exactly when they are equal in MongoDB
MISFITS = (BSONError, ValueError, TypeError, OverflowError)


@dataclass(slots=True)
class Prepared:
    """A row that is ready to be written."""

    index: int
    key: Mapping[str, Any]
    fields: Mapping[str, Any]
    """What an insert sets, and an update if they differ."""
    encoded: RawBSONDocument
    """The fields as they are stored."""
    make_first: Callable[[], Mapping[str, Any]]
    """Returns what only an insert sets."""
    updated_at: datetime | None
    """The `updated_at` of a changed document; `None` if such documents have none."""
    is_dated: bool
    """Whether the `updated_at` comes from the row."""


@dataclass
class Plan:
    """The parts of a call that are the same for all rows; raises `ValueError` for an unusable `set_on_insert`."""

    document: type[BaseDocument] | None
    keys: Keys
    set_on_insert: Row

    def __post_init__(self) -> None:
        self._first = self._stored_first()

    def prepare(self, rows: Sequence[Row], first: int) -> Sequence[Prepared]:
        """Check all rows, and return the last one of each key; `first` is the index of the first row."""
        rows = self.keys.complete(rows, first)
        keys = [self._stored_key(row, index) for index, row in enumerate(rows, first)]
        last = {tuple(map(identity, key.values())): position for position, key in enumerate(keys)}
        return [self._prepared(rows[each], keys[each], first + each) for each in last.values()]

    def _stored_key(self, row: Row, index: int) -> Stored:
        try:
            key = {name: row[name] for name in self.keys.fields}
            for name, value in key.items():
                if isinstance(value, (list, tuple, Mapping)):
                    raise ValueError(f"A key cannot be a list or a document, but '{name}' is")  # noqa: TRY004
            key = fields_of(self.document).stored(key) if self.document else key
            _encoded(key)
        except MISFITS as error:
            raise RowError(index, ValueError(str(error))) from error
        return key

    def _prepared(self, row: Row, key: Stored, index: int) -> Prepared:
        try:
            fields, make_first = self._stored(row, key)
            dated = fields.pop("updated_at", None)
            encoded = _encoded(fields, beside=[key, self._first])
        except MISFITS as error:
            raise RowError(index, ValueError(str(error))) from error
        updated_at = dated or (now() if self.document else None)
        return Prepared(index, key, fields, encoded, make_first, updated_at, is_dated=dated is not None)

    def _stored(self, row: Row, key: Stored) -> tuple[Stored, Callable[[], Stored]]:
        ignored = {*self.keys.fields, *self._ignored}
        fields = {name: value for name, value in row.items() if name not in ignored}
        for name in self.set_on_insert:
            if name in row:
                raise ValueError(f"Field '{name}' is both in the row and in set_on_insert")
        if self.document is None:
            _check_names(fields)
            return fields, lambda: self._first
        types = fields_of(self.document)
        fields = types.stored(fields)
        given = key.keys() | fields.keys() | self._first.keys()
        types.check_complete(given)
        return fields, lambda: types.defaults(given) | self._first

    @cached_property
    def _ignored(self) -> set[str]:
        return {"_id", "id"} if self.document else {"_id"}

    def _stored_first(self) -> Stored:
        if not self.document:
            _check_names(self.set_on_insert)
            _encoded(self.set_on_insert)
            return dict(self.set_on_insert)
        try:
            first = fields_of(self.document).stored(self.set_on_insert)
        except TypeError as error:
            raise ValueError(f"set_on_insert: {error}") from error
        _encoded(first)
        return first


def identity(value: Any) -> Hashable:
    """Return equal results for values that MongoDB treats as equal: 1 and 1.0, but not 1 and `True`."""
    return value if type(value) in SAME_EQUALITY else encode({"": value}, codec_options=CODECS)


def _check_names(fields: Mapping[Any, Any]) -> None:
    for name in fields:
        if not isinstance(name, str):
            raise ValueError(f"it has no field '{name}'; names are strings")  # noqa: TRY004 - as all misfits
        if name.startswith("$") or "." in name:
            raise ValueError(f"'{name}' cannot be the name of a field: MongoDB would read it as an operator or a path")


def _encoded(fields: Mapping[str, Any], beside: Sequence[Mapping[str, Any]] = ()) -> RawBSONDocument:
    """Encode fields; raise one of `MISFITS` if MongoDB cannot store them, alone or beside these other fields."""
    try:
        encoded = encode(fields, codec_options=CODECS)
    except MISFITS:
        for name, value in fields.items():
            _encode_field(name, value)
        raise
    size = len(encoded) + sum(len(encode(each, codec_options=CODECS)) for each in beside)
    if size > MAX_SIZE:
        raise ValueError(f"it has {size} bytes; a document can have at most {MAX_SIZE}")
    return RawBSONDocument(encoded)


def _encode_field(name: str, value: Any) -> None:
    try:
        encode({name: value}, codec_options=CODECS)
    except MISFITS as error:
        raise ValueError(f"'{name}': {error}") from error
