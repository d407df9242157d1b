"""Migrations: the indexes that documents declare; each start of the service makes those that are missing."""

from app.mongo.connection import MongoDBConnectionManager
from app.mongo.documents import document_classes
from app.mongo.indexes import Index, create_index, find_indexes


async def upgrade(database: MongoDBConnectionManager) -> list[Index]:
    """Make the indexes that are missing, and tell which were there.

    Raises `ConnectionError` if the server does not answer, and `IndexConflictError` for one that is there but differs.
    """
    await database.check()
    indexes = await find_indexes(database.database, document_classes())
    for index in indexes:
        await create_index(database.database, index)
    return indexes
