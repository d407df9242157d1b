"""The database as a dependency of routes."""

from collections.abc import AsyncGenerator
from functools import cache
from typing import Annotated, Any

from fastapi import Depends
from fastapi.requests import HTTPConnection

from kit.mongo.connection import get_database
from kit.mongo.driver import Database


async def session(connection: HTTPConnection) -> AsyncGenerator[Database]:
    """Yield the service's database for writing."""
    async with get_database(connection.app).session() as opened:
        yield opened


async def read_session(connection: HTTPConnection) -> AsyncGenerator[Database]:
    """Yield the service's database for reading."""
    async with get_database(connection.app).read_session() as opened:
        yield opened


@cache
def session_of(name: str) -> Any:
    """Return a dependency on the further database of this name."""

    async def named_session(connection: HTTPConnection) -> AsyncGenerator[Database]:
        async with get_database(connection.app, name).session() as opened:
            yield opened

    return Depends(named_session, scope="function")


SessionDep = Annotated[Database, Depends(session, scope="function")]
ReadSessionDep = Annotated[Database, Depends(read_session, scope="function")]
