"""The collection of API keys."""

from typing import ClassVar

from pymongo import IndexModel

from kit.mongo import Document, UtcDateTime


class ApiKeyDocument(Document):
    """A key. `digest` is the hash of its secret. The index is for the list of an owner's keys."""

    collection: ClassVar = "auth_api_keys"
    indexes: ClassVar = [IndexModel([("owner", 1), ("_id", 1)])]

    owner: str
    name: str
    digest: str
    scopes: tuple[str, ...] = ()
    expires_at: UtcDateTime | None = None
    last_used_at: UtcDateTime | None = None
    revoked_at: UtcDateTime | None = None
