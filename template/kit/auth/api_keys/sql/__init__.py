"""API keys in a table."""

from kit.auth.api_keys.sql.storing import open_storage, storage_of

__all__ = ["open_storage", "storage_of"]
