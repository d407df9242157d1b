"""Tasks in a collection."""

from kit.tasks.mongo.adding import add, add_alone, claim_effect
from kit.tasks.mongo.storing import open_storage, storage_of
from kit.tasks.mongo.transaction import open_transaction

__all__ = ["add", "add_alone", "claim_effect", "open_storage", "open_transaction", "storage_of"]
