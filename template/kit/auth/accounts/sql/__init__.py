"""Accounts, sessions and tokens for mails in tables."""

from kit.auth.accounts.sql.mail_tokens import mail_tokens_of
from kit.auth.accounts.sql.storing import open_storage, storage_of

__all__ = ["mail_tokens_of", "open_storage", "storage_of"]
