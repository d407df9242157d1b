"""The store as a dependency of routes."""

from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection

from kit.store.store import StoreService, get_store


async def store(connection: HTTPConnection) -> StoreService:
    """Return the store of the service."""
    return get_store(connection.app)


StoreDep = Annotated[StoreService, Depends(store)]
