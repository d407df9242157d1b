"""Accounts, sessions and tokens for mails in collections."""

from kit.auth.accounts.mongo.mail_tokens import mail_tokens_of
from kit.auth.accounts.mongo.storing import open_storage, storage_of

__all__ = ["mail_tokens_of", "open_storage", "storage_of"]
