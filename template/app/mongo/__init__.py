"""The database: documents, repositories and bulk upserts, on MongoDB."""

from app.mongo.connection import MongoDBConnectionManager, get_database
from app.mongo.dependencies import ReadSessionDep, SessionDep, session_of
from app.mongo.documents import BaseDocument, Document, PyObjectId, UtcDateTime
from app.mongo.repository import BaseRepository
from app.mongo.routes import router
from app.mongo.upsert.bulk import bulk_upsert
from app.pages import Page
from app.upserts import BulkUpsertError, UpsertCounts

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
    "UpsertCounts",
    "UtcDateTime",
    "bulk_upsert",
    "get_database",
    "router",
    "session_of",
]
