"""What `python -m app shell` has of the database."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from kit.sql.database import get_database


@asynccontextmanager
async def names(app: FastAPI) -> AsyncGenerator[dict[str, Any]]:
    """Yield the database, and a session that commits only when it is told to."""
    database = get_database(app)
    async with AsyncSession(database.engines.writer, expire_on_commit=False) as session:
        yield {"database": database, "session": session}
