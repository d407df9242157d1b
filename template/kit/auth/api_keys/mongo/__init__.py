"""API keys in a collection."""

from kit.auth.api_keys.mongo.storing import open_storage, storage_of

__all__ = ["open_storage", "storage_of"]
