"""The database: sessions, models, repositories and bulk upserts, built on SQLAlchemy's asyncio extension."""

from kit.pages import Page
from kit.sql.base import Base, UtcDateTime
from kit.sql.database import Database, get_database
from kit.sql.dependencies import ReadSessionDep, SessionDep, session_of
from kit.sql.repository import BaseRepository
from kit.sql.revisions import run_alembic
from kit.sql.routes import router
from kit.sql.upsert.bulk import bulk_upsert
from kit.upserts import BulkUpsertError, UpsertCounts

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
    "run_alembic",
    "session_of",
]
