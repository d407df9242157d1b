"""Motor's client, which has threads wait for the server; it belongs to the event loop that it is made in."""

import asyncio
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase

Client = AsyncIOMotorClient[dict[str, Any]]
Database = AsyncIOMotorDatabase[dict[str, Any]]
Collection = AsyncIOMotorCollection[dict[str, Any]]


def connect(url: str, **options: Any) -> Client:
    """Make a client; it connects when it is used."""
    return AsyncIOMotorClient(url, io_loop=asyncio.get_running_loop(), **options)


async def close(client: Client) -> None:
    """Close the client's connections."""
    client.close()
