"""The tables of accounts and sessions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kit.auth.on_sql import MAX_SCOPES
from kit.sql import Base


class AccountRow(Base):
    """An account, identified by its address in normal spelling. `scopes` are separated by spaces."""

    __tablename__ = "auth_accounts"

    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    scopes: Mapped[str] = mapped_column(String(MAX_SCOPES))
    generation: Mapped[int] = mapped_column(default=0)
    disabled_at: Mapped[datetime | None]


class SessionRow(Base):
    """A session. `family` and `refresh` are hashes."""

    __tablename__ = "auth_sessions"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("auth_accounts.id", ondelete="CASCADE"), index=True)
    generation: Mapped[int]
    family: Mapped[str] = mapped_column(String(64), unique=True)
    refresh: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(index=True)
