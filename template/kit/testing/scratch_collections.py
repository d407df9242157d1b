"""The tests' own collections, so that they do not depend on the documents of the service."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import ClassVar

from pymongo import IndexModel

from kit.mongo import BaseDocument, Document, MongoDBConnectionManager


class Note(Document):
    collection: ClassVar = "scratch_notes"
    indexes: ClassVar = [IndexModel("title", unique=True)]

    title: str
    stars: int = 0


@asynccontextmanager
async def scratch_collections(
    database: MongoDBConnectionManager, *documents: type[BaseDocument]
) -> AsyncGenerator[MongoDBConnectionManager]:
    """Create the collections of these documents, empty and with their indexes, and drop them afterwards."""
    for document in documents:
        await database.database.drop_collection(document.collection)
        if document.indexes:
            await database.database[document.collection].create_indexes([*document.indexes])
    yield database
    for document in documents:
        await database.database.drop_collection(document.collection)
