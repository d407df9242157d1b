"""The collections of accounts, sessions and tokens for mails."""

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
    verified_at: UtcDateTime | None = None


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


class MailTokenDocument(Document):
    """A token, which is in a mail to `email`; an account has at most one for each purpose. `digest` is its hash."""

    collection: ClassVar = "auth_mail_tokens"
    indexes: ClassVar = [
        IndexModel([("account_id", 1), ("purpose", 1)], unique=True),
        IndexModel("digest", unique=True),
        IndexModel("expires_at", expireAfterSeconds=0),
    ]

    account_id: UUID
    purpose: str
    digest: str
    email: str
    generation: int
    expires_at: UtcDateTime
