"""API keys in a table."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import delete, func, or_, select, update

from kit.auth.api_keys.sql.model import ApiKeyRow
from kit.auth.api_keys.storage import ApiKey
from kit.auth.on_sql import joined, open_database
from kit.sql import Database, get_database


class SqlStorage:
    """Keys in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, key: ApiKey) -> None:
        async with self._database.session() as session:
            session.add(ApiKeyRow(**{**vars(key), "scopes": joined(key.scopes, of="a key")}))

    async def get(self, key_id: UUID) -> ApiKey | None:
        async with self._database.read_session(of_primary=True) as session:
            row = await session.get(ApiKeyRow, key_id)
            return row and _key(row)

    async def list_keys(self, owner: str | None, after: UUID | None, limit: int) -> Sequence[ApiKey]:
        query = select(ApiKeyRow).order_by(ApiKeyRow.id).limit(limit)
        query = query if owner is None else query.where(ApiKeyRow.owner == owner)
        query = query if after is None else query.where(ApiKeyRow.id > after)
        async with self._database.read_session(of_primary=True) as session:
            return [_key(row) for row in await session.scalars(query)]

    async def count(self, owner: str, at: datetime) -> int:
        goes_on = or_(ApiKeyRow.expires_at.is_(None), ApiKeyRow.expires_at > at)
        query = select(func.count()).where(ApiKeyRow.owner == owner, ApiKeyRow.revoked_at.is_(None), goes_on)
        async with self._database.read_session(of_primary=True) as session:
            return (await session.scalars(query)).one()

    async def remove(self, key_id: UUID) -> None:
        async with self._database.session() as session:
            await session.execute(delete(ApiKeyRow).where(ApiKeyRow.id == key_id))

    async def revoke(self, key_id: UUID, at: datetime) -> None:
        is_valid = (ApiKeyRow.id == key_id, ApiKeyRow.revoked_at.is_(None))
        async with self._database.session() as session:
            await session.execute(update(ApiKeyRow).where(*is_valid).values(revoked_at=at))

    async def delete_all(self, owner: str) -> None:
        async with self._database.session() as session:
            await session.execute(delete(ApiKeyRow).where(ApiKeyRow.owner == owner))

    async def use(self, key_id: UUID, at: datetime, unless_after: datetime) -> None:
        is_due = or_(ApiKeyRow.last_used_at.is_(None), ApiKeyRow.last_used_at <= unless_after)
        statement = update(ApiKeyRow).where(ApiKeyRow.id == key_id, is_due).values(last_used_at=at)
        async with self._database.session() as session:
            await session.execute(statement)


def storage_of(app: FastAPI) -> SqlStorage:
    """Return the keys of the running service."""
    return SqlStorage(get_database(app))


@asynccontextmanager
async def open_storage() -> AsyncGenerator[SqlStorage]:
    """Open the database of the settings for a command."""
    async with open_database() as database:
        yield SqlStorage(database)


def _key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        id=row.id,
        owner=row.owner,
        name=row.name,
        digest=row.digest,
        scopes=frozenset(row.scopes.split()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
