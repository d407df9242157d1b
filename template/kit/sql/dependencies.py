"""Sessions for routes. They commit before the response is sent, so a failed commit is not reported as success."""

from collections.abc import AsyncGenerator
from functools import cache
from typing import Annotated, Any

from fastapi import Depends
from fastapi.requests import HTTPConnection
from sqlalchemy.ext.asyncio import AsyncSession

from kit.sql.database import get_database


async def session(connection: HTTPConnection) -> AsyncGenerator[AsyncSession]:
    """Yield a session in a transaction on the service's database."""
    async with get_database(connection.app).session() as opened:
        yield opened


async def read_session(connection: HTTPConnection) -> AsyncGenerator[AsyncSession]:
    """Yield a session that only reads."""
    async with get_database(connection.app).read_session() as opened:
        yield opened


@cache
def session_of(name: str) -> Any:
    """Return a dependency on a transaction in the further database of this name."""

    async def named_session(connection: HTTPConnection) -> AsyncGenerator[AsyncSession]:
        async with get_database(connection.app, name).session() as opened:
            yield opened

    return Depends(named_session, scope="function")


SessionDep = Annotated[AsyncSession, Depends(session, scope="function")]
ReadSessionDep = Annotated[AsyncSession, Depends(read_session, scope="function")]
