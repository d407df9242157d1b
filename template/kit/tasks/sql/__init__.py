"""Tasks in a table."""

from kit.tasks.sql.adding import add, add_alone, claim_effect
from kit.tasks.sql.storing import open_storage, open_transaction, storage_of

__all__ = ["add", "add_alone", "claim_effect", "open_storage", "open_transaction", "storage_of"]
