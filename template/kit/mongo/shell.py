"""What `python -m app shell` has of the database."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from kit.mongo.connection import get_database


@asynccontextmanager
async def names(app: FastAPI) -> AsyncGenerator[dict[str, Any]]:
    """Yield the connection, and the database as a session has it."""
    connection = get_database(app)
    async with connection.session() as session:
        yield {"database": connection, "session": session}
