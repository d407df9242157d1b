"""The collections of accounts and sessions."""

from typing import ClassVar
from uuid import UUID

from pymongo import IndexModel

from kit.mongo import Document, UtcDateTime


class AccountDocument(Document):
    """An account, identified by its address in normal spelling."""

    collection: ClassVar = "auth_accounts"
    indexes: ClassVar = [IndexModel("email", unique=True)]

    email: str
    password_hash: str
    scopes: tuple[str, ...] = ()
    generation: int = 0
    disabled_at: UtcDateTime | None = None


class SessionDocument(Document):
    """A session. `family` and `refresh` are hashes. The server removes expired sessions, within a minute or so."""

    collection: ClassVar = "auth_sessions"
    indexes: ClassVar = [
        IndexModel("family", unique=True),
        IndexModel("account_id"),
        IndexModel("expires_at", expireAfterSeconds=0),
    ]

    account_id: UUID
    generation: int
    family: str
    refresh: str
    expires_at: UtcDateTime
