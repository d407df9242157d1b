"""The tables of accounts, sessions and tokens for mails."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
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
    verified_at: Mapped[datetime | None]


class SessionRow(Base):
    """A session. `family` and `refresh` are hashes."""

    __tablename__ = "auth_sessions"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("auth_accounts.id", ondelete="CASCADE"), index=True)
    generation: Mapped[int]
    family: Mapped[str] = mapped_column(String(64), unique=True)
    refresh: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class MailTokenRow(Base):
    """A token, which is in a mail to `email`; an account has at most one for each purpose. `digest` is its hash."""

    __tablename__ = "auth_mail_tokens"
    __table_args__ = (UniqueConstraint("account_id", "purpose"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("auth_accounts.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str]
    generation: Mapped[int]
    expires_at: Mapped[datetime]
