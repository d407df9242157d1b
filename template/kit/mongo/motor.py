"""Motor's client, which waits for the server in threads; it belongs to the event loop that creates it."""

import asyncio
import os
from typing import Any

# Waiting for one of Motor's threads has no limit, so there must be more threads than connections; it has five per core.
os.environ.setdefault("MOTOR_MAX_WORKERS", "100")

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase

Client = AsyncIOMotorClient[dict[str, Any]]
Database = AsyncIOMotorDatabase[dict[str, Any]]
Collection = AsyncIOMotorCollection[dict[str, Any]]


def connect(url: str, **options: Any) -> Client:
    """Return a client, which connects when it is first used."""
    return AsyncIOMotorClient(url, io_loop=asyncio.get_running_loop(), **options)


async def close(client: Client) -> None:
    client.close()
