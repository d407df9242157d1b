"""PyMongo's own asyncio client; it belongs to the event loop that it is first used in."""

from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

Client = AsyncMongoClient[dict[str, Any]]
Database = AsyncDatabase[dict[str, Any]]
Collection = AsyncCollection[dict[str, Any]]


def connect(url: str, **options: Any) -> Client:
    """Make a client; it connects when it is used."""
    return AsyncMongoClient(url, **options)


async def close(client: Client) -> None:
    """Close the client's connections."""
    await client.close()
