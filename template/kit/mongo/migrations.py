"""Migrations: the indexes that documents declare, created before the first session if they are missing."""

from kit.mongo.documents import document_classes
from kit.mongo.driver import Database
from kit.mongo.indexes import Index, create_index, find_indexes


async def upgrade(database: Database) -> list[Index]:
    """Create the missing indexes, and return all declared ones, with whether each existed before.

    Raises `IndexConflictError` for an index that exists but differs.
    """
    indexes = await find_indexes(database, document_classes())
    for index in indexes:
        await create_index(database, index)
    return indexes
