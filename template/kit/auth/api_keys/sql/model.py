"""The table of API keys."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from kit.auth.on_sql import MAX_SCOPES
from kit.sql import Base


class ApiKeyRow(Base):
    """A key. `digest` is the hash of its secret; `scopes` are separated by spaces."""

    __tablename__ = "auth_api_keys"

    owner: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(String(MAX_SCOPES))
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
