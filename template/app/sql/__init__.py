"""The database: sessions, models, repositories and bulk upserts, on SQLAlchemy's asyncio."""

from app.pages import Page
from app.sql.base import Base, UtcDateTime
from app.sql.database import Database, get_database
from app.sql.dependencies import ReadSessionDep, SessionDep, session_of
from app.sql.repository import BaseRepository
from app.sql.routes import router
from app.sql.upsert.bulk import bulk_upsert
from app.upserts import BulkUpsertError, UpsertCounts

__all__ = [
    "Base",
    "BaseRepository",
    "BulkUpsertError",
    "Database",
    "Page",
    "ReadSessionDep",
    "SessionDep",
    "UpsertCounts",
    "UtcDateTime",
    "bulk_upsert",
    "get_database",
    "router",
    "session_of",
]
