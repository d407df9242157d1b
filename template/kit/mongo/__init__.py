"""The database: documents, repositories and bulk upserts, built on MongoDB."""

from kit.mongo.connection import MongoDBConnectionManager, get_database
from kit.mongo.dependencies import ReadSessionDep, SessionDep, session_of
from kit.mongo.documents import BaseDocument, Document, PyObjectId, StoredDate, StoredDecimal, UtcDateTime
from kit.mongo.repository import BaseRepository
from kit.mongo.routes import router
from kit.mongo.upsert.bulk import bulk_upsert
from kit.pages import Page
from kit.upserts import BulkUpsertError, UpsertCounts

__all__ = [
    "BaseDocument",
    "BaseRepository",
    "BulkUpsertError",
    "Document",
    "MongoDBConnectionManager",
    "Page",
    "PyObjectId",
    "ReadSessionDep",
    "SessionDep",
    "StoredDate",
    "StoredDecimal",
    "UpsertCounts",
    "UtcDateTime",
    "bulk_upsert",
    "get_database",
    "router",
    "session_of",
]
