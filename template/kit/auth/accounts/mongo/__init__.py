"""Accounts and sessions in collections."""

from kit.auth.accounts.mongo.storing import open_storage, storage_of

__all__ = ["open_storage", "storage_of"]
