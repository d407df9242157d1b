"""The base class of all models."""

from datetime import UTC, datetime
from enum import Enum as PythonEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, Enum, MetaData, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from uuid_utils.compat import uuid7

from kit.sql.dialect import dialect

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A column of times: values need a time zone, and are returned in UTC."""

    impl = dialect.DATETIME
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; write it like datetime.now(UTC)")
        return value and value.astimezone(UTC).replace(tzinfo=UTC if self._keeps_zone else None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))

    @property
    def _keeps_zone(self) -> bool:
        return bool(getattr(self.impl, "timezone", False))


def now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """A model with a UUIDv7 as its primary key, which sorts by creation, and the times of creation and last change."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: Any = {  # noqa: RUF012 - as SQLAlchemy reads it
        str: String(255),
        datetime: UtcDateTime(),
        # Stored as a string, because the database's own type needs a migration by hand for each new member.
        PythonEnum: Enum(PythonEnum, native_enum=False, length=255),
    }

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, sort_order=-1)
    created_at: Mapped[datetime] = mapped_column(default=now, sort_order=1)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now, sort_order=1)
