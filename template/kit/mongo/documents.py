"""The base classes of all documents."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from uuid import UUID

from bson import CodecOptions, Decimal128, ObjectId, UuidRepresentation
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    PlainSerializer,
    SerializationInfo,
    WithJsonSchema,
)
from pymongo import IndexModel
from uuid_utils.compat import uuid7

from kit.discovery import modules

# How Python's values are stored: UUIDs in BSON's standard form, and times that are returned in UTC.
CODECS: CodecOptions[dict[str, Any]] = CodecOptions(
    dict, tz_aware=True, tzinfo=UTC, uuid_representation=UuidRepresentation.STANDARD
)


def _as_stored(value: datetime) -> datetime:
    """Return a time as MongoDB stores it: in UTC, to the millisecond."""
    return value.astimezone(UTC).replace(microsecond=value.microsecond // 1000 * 1000)


def _object_id(value: object) -> object:
    return ObjectId(value) if isinstance(value, str) and ObjectId.is_valid(value) else value


def _date(value: object) -> object:
    return value.date() if isinstance(value, datetime) else value


def _stored_date(value: date, info: SerializationInfo) -> Any:
    return value if info.mode == "json" else datetime.combine(value, time(), UTC)


def _decimal(value: object) -> object:
    return value.to_decimal() if isinstance(value, Decimal128) else value


def _stored_decimal(value: Decimal, info: SerializationInfo) -> Any:
    return value if info.mode == "json" else Decimal128(value)


UtcDateTime = Annotated[AwareDatetime, AfterValidator(_as_stored)]
# MongoDB has no dates without a time, so it stores midnight in UTC; and it has a type of its own for decimals.
StoredDate = Annotated[date, BeforeValidator(_date), PlainSerializer(_stored_date)]
StoredDecimal = Annotated[Decimal, BeforeValidator(_decimal), PlainSerializer(_stored_decimal)]
PyObjectId = Annotated[
    InstanceOf[ObjectId],
    BeforeValidator(_object_id),
    PlainSerializer(str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{24}$"}),
]


def now() -> datetime:
    return _as_stored(datetime.now(UTC))


class BaseDocument(BaseModel):
    """A document of a collection, with its indexes and the times of creation and last change; `id` is its `_id`."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    collection: ClassVar[str]
    indexes: ClassVar[Sequence[IndexModel]] = ()

    id: Any = Field(alias="_id")
    created_at: UtcDateTime = Field(default_factory=now)
    updated_at: UtcDateTime = Field(default_factory=now)


class Document(BaseDocument):
    """A document with a UUIDv7 as its id, which sorts by creation."""

    id: UUID = Field(default_factory=uuid7, alias="_id")


def document_classes() -> list[type[BaseDocument]]:
    """Return the documents of all features and resources: each is in a `document.py` and names its collection."""
    return [
        value
        for module in modules("**/document*.py")
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseDocument) and value.__module__ == module.__name__
        if hasattr(value, "collection")
    ]
