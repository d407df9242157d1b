"""Accounts and sessions in collections. What must happen once is one operation with a condition."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from pymongo import ReturnDocument

from kit.auth.accounts.mongo.document import AccountDocument, MailTokenDocument, SessionDocument
from kit.auth.accounts.storage import Account, OpenSession, Session
from kit.auth.on_mongo import open_database
from kit.mongo import MongoDBConnectionManager, get_database

Update = Mapping[str, Any]


class MongoStorage:
    """Accounts and sessions in a database."""

    def __init__(self, database: MongoDBConnectionManager) -> None:
        self._database = database

    async def create(
        self, email: str, password_hash: str, scopes: Collection[str] = (), verified_at: datetime | None = None
    ) -> Account:
        document = AccountDocument(
            email=email, password_hash=password_hash, scopes=tuple(sorted(scopes)), verified_at=verified_at
        )
        async with self._database.session() as session:
            await session[AccountDocument.collection].insert_one(document.model_dump(by_alias=True))
        return _of(document)

    async def find(self, email: str) -> Account | None:
        return await self._one({"email": email})

    async def get(self, account_id: UUID) -> Account | None:
        return await self._one({"_id": account_id})

    async def list_accounts(self, after: UUID | None, limit: int) -> Sequence[Account]:
        where = {} if after is None else {"_id": {"$gt": after}}
        async with self._database.session() as session:
            found = session[AccountDocument.collection].find(where).sort("_id", 1).limit(limit)
            return [_of(AccountDocument.model_validate(each)) for each in await found.to_list(None)]

    async def replace_hash(self, account: Account, password_hash: str) -> None:
        await self._change(_unchanged(account), {"$set": {"password_hash": password_hash}})

    async def change_password(self, account: Account, password_hash: str) -> Account | None:
        change = {"$set": {"password_hash": password_hash}, "$inc": {"generation": 1}}
        changed = await self._change(_unchanged(account), change)
        if changed:
            await self._remove({"account_id": account.id})
        return changed

    async def end_all(self, account_id: UUID) -> None:
        await self._change({"_id": account_id}, {"$inc": {"generation": 1}})
        await self._remove({"account_id": account_id})

    async def change_scopes(self, account_id: UUID, add: Collection[str], remove: Collection[str]) -> Account | None:
        scopes = {"$setDifference": [{"$setUnion": ["$scopes", {"$literal": [*add]}]}, {"$literal": [*remove]}]}
        return await self._change({"_id": account_id}, [{"$set": {"scopes": scopes}}])

    async def disable(self, account_id: UUID, at: datetime | None) -> Account | None:
        return await self._change({"_id": account_id}, {"$set": {"disabled_at": at}, "$inc": {"generation": 1}})

    async def delete(self, account_id: UUID) -> bool:
        async with self._database.session() as session:
            deleted = await session[AccountDocument.collection].delete_one({"_id": account_id})
            for cls in (SessionDocument, MailTokenDocument):
                await session[cls.collection].delete_many({"account_id": account_id})
        return deleted.deleted_count == 1

    async def start(self, session: Session) -> None:
        document = SessionDocument(**vars(session))
        async with self._database.session() as opened:
            await opened[SessionDocument.collection].insert_one(document.model_dump(by_alias=True))

    async def account_of(self, session_id: UUID) -> Account | None:
        found = await self._open({"_id": session_id})
        return found and found.account

    async def session_of(self, family: str) -> OpenSession | None:
        return await self._open({"family": family})

    async def rotate(self, family: str, refresh: str, successor: str) -> Session | None:
        where = {"family": family, "refresh": refresh, "expires_at": {"$gt": datetime.now(UTC)}}
        async with self._database.session() as session:
            found = await session[SessionDocument.collection].find_one_and_update(
                where, {"$set": {"refresh": successor}}, return_document=ReturnDocument.AFTER
            )
        return _session(found)

    async def end_family(self, family: str) -> UUID | None:
        async with self._database.session() as session:
            found = await session[SessionDocument.collection].find_one_and_delete({"family": family})
        return ended.account_id if (ended := _session(found)) else None

    async def end(self, session_id: UUID) -> None:
        await self._remove({"_id": session_id})

    async def _open(self, where: Mapping[str, Any]) -> OpenSession | None:
        is_open = {**where, "expires_at": {"$gt": datetime.now(UTC)}}
        async with self._database.session() as session:
            found = await session[SessionDocument.collection].find_one(is_open)
        if found is None:
            return None
        owner = {"_id": found["account_id"], "generation": found["generation"], "disabled_at": None}
        account = await self._one(owner)
        return account and OpenSession(found["_id"], account)

    async def _one(self, where: Mapping[str, Any]) -> Account | None:
        async with self._database.session() as session:
            found = await session[AccountDocument.collection].find_one(where)
        return account_in(found)

    async def _change(self, where: Mapping[str, Any], update: Update | Sequence[Update]) -> Account | None:
        async with self._database.session() as session:
            found = await session[AccountDocument.collection].find_one_and_update(
                where, update, return_document=ReturnDocument.AFTER
            )
        return account_in(found)

    async def _remove(self, where: Mapping[str, Any]) -> None:
        async with self._database.session() as session:
            await session[SessionDocument.collection].delete_many(where)


def storage_of(app: FastAPI) -> MongoStorage:
    """Return the accounts of the running service."""
    return MongoStorage(get_database(app))


@asynccontextmanager
async def open_storage() -> AsyncGenerator[MongoStorage]:
    """Open the database of the settings for a command."""
    async with open_database() as database:
        yield MongoStorage(database)


def _unchanged(account: Account) -> dict[str, Any]:
    return {"_id": account.id, "password_hash": account.password_hash}


def account_in(found: Mapping[str, Any] | None) -> Account | None:
    return None if found is None else _of(AccountDocument.model_validate(found))


def _of(document: AccountDocument) -> Account:
    return Account(
        id=document.id,
        email=document.email,
        password_hash=document.password_hash,
        scopes=frozenset(document.scopes),
        generation=document.generation,
        disabled_at=document.disabled_at,
        verified_at=document.verified_at,
        created_at=document.created_at,
    )


def _session(found: Mapping[str, Any] | None) -> Session | None:
    if found is None:
        return None
    document = SessionDocument.model_validate(found)
    return Session(
        id=document.id,
        account_id=document.account_id,
        generation=document.generation,
        family=document.family,
        refresh=document.refresh,
        expires_at=document.expires_at,
    )
