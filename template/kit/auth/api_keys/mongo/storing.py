"""API keys in a collection."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import FastAPI

from kit.auth.api_keys.mongo.document import ApiKeyDocument
from kit.auth.api_keys.storage import ApiKey
from kit.auth.on_mongo import open_database
from kit.mongo import MongoDBConnectionManager, get_database


class MongoStorage:
    """Keys in a database."""

    def __init__(self, database: MongoDBConnectionManager) -> None:
        self._database = database

    async def create(self, key: ApiKey) -> None:
        document = ApiKeyDocument.model_validate({**vars(key), "scopes": tuple(sorted(key.scopes))})
        async with self._database.session() as session:
            await session[ApiKeyDocument.collection].insert_one(document.model_dump(by_alias=True))

    async def get(self, key_id: UUID) -> ApiKey | None:
        async with self._database.session() as session:
            found = await session[ApiKeyDocument.collection].find_one({"_id": key_id})
        return _key(found) if found else None

    async def list_keys(self, owner: str | None, after: UUID | None, limit: int) -> Sequence[ApiKey]:
        where: dict[str, Any] = {} if owner is None else {"owner": owner}
        where |= {} if after is None else {"_id": {"$gt": after}}
        async with self._database.session() as session:
            found = session[ApiKeyDocument.collection].find(where).sort("_id", 1).limit(limit)
            return [_key(each) for each in await found.to_list(None)]

    async def count(self, owner: str, at: datetime) -> int:
        goes_on = [{"expires_at": None}, {"expires_at": {"$gt": at}}]
        async with self._database.session() as session:
            where = {"owner": owner, "revoked_at": None, "$or": goes_on}
            return await session[ApiKeyDocument.collection].count_documents(where)

    async def remove(self, key_id: UUID) -> None:
        async with self._database.session() as session:
            await session[ApiKeyDocument.collection].delete_one({"_id": key_id})

    async def revoke(self, key_id: UUID, at: datetime) -> None:
        await self._set({"_id": key_id, "revoked_at": None}, revoked_at=at)

    async def delete_all(self, owner: str) -> None:
        async with self._database.session() as session:
            await session[ApiKeyDocument.collection].delete_many({"owner": owner})

    async def use(self, key_id: UUID, at: datetime, unless_after: datetime) -> None:
        is_due = [{"last_used_at": None}, {"last_used_at": {"$lte": unless_after}}]
        await self._set({"_id": key_id, "$or": is_due}, last_used_at=at)

    async def _set(self, where: Mapping[str, Any], **values: Any) -> None:
        async with self._database.session() as session:
            await session[ApiKeyDocument.collection].update_one(where, {"$set": values})


def storage_of(app: FastAPI) -> MongoStorage:
    """Return the keys of the running service."""
    return MongoStorage(get_database(app))


@asynccontextmanager
async def open_storage() -> AsyncGenerator[MongoStorage]:
    """Open the database of the settings for a command."""
    async with open_database() as database:
        yield MongoStorage(database)


def _key(found: Mapping[str, Any]) -> ApiKey:
    document = ApiKeyDocument.model_validate(found)
    return ApiKey(
        id=document.id,
        owner=document.owner,
        name=document.name,
        digest=document.digest,
        scopes=frozenset(document.scopes),
        created_at=document.created_at,
        expires_at=document.expires_at,
        last_used_at=document.last_used_at,
        revoked_at=document.revoked_at,
    )
