"""Accounts and sessions in tables."""

from kit.auth.accounts.sql.storing import open_storage, storage_of

__all__ = ["open_storage", "storage_of"]
