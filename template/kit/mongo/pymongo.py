"""PyMongo's own asyncio client; it belongs to the event loop that first uses it."""

from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

Client = AsyncMongoClient[dict[str, Any]]
Database = AsyncDatabase[dict[str, Any]]
Collection = AsyncCollection[dict[str, Any]]


def connect(url: str, **options: Any) -> Client:
    """Return a client, which connects when it is first used."""
    return AsyncMongoClient(url, **options)


async def close(client: Client) -> None:
    await client.close()
