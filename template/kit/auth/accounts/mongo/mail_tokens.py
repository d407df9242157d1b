"""Tokens for mails in a collection. Removing one and changing its account are two operations, each with a condition."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI
from pymongo import ReturnDocument

from kit.auth.accounts.mongo.document import AccountDocument, MailTokenDocument, SessionDocument
from kit.auth.accounts.mongo.storing import account_in
from kit.auth.accounts.storage import Account, MailToken, Purpose
from kit.mongo import MongoDBConnectionManager, get_database


class MongoMailTokens:
    """Tokens in a database."""

    def __init__(self, database: MongoDBConnectionManager) -> None:
        self._database = database

    async def replace(self, token: MailToken) -> None:
        document = MailTokenDocument.model_validate(vars(token)).model_dump(by_alias=True)
        new = {"_id": document.pop("_id"), "created_at": document.pop("created_at")}
        where = {"account_id": token.account_id, "purpose": token.purpose}
        async with self._database.session() as session:
            await session[MailTokenDocument.collection].update_one(
                where, {"$set": document, "$setOnInsert": new}, upsert=True
            )

    async def find(self, purpose: Purpose, digest: str) -> MailToken | None:
        async with self._database.session() as session:
            return _token(await session[MailTokenDocument.collection].find_one(_valid(purpose, digest)))

    async def verify(self, digest: str, at: datetime) -> Account | None:
        token = await self._take(Purpose.VERIFY, digest)
        return await self._change(token, {"$set": {"verified_at": at}}, email=token.email) if token else None

    async def reset(self, digest: str, password_hash: str, at: datetime) -> Account | None:
        if (token := await self._take(Purpose.RESET, digest)) is None:
            return None
        values = {
            "password_hash": {"$literal": password_hash},
            "generation": {"$add": ["$generation", 1]},
            "verified_at": {"$ifNull": ["$verified_at", at]},
        }
        account = await self._change(token, [{"$set": values}], email=token.email)
        if account:
            async with self._database.session() as session:
                await session[SessionDocument.collection].delete_many({"account_id": account.id})
        return account

    async def move(self, digest: str, at: datetime) -> Account | None:
        token = await self._take(Purpose.MOVE, digest)
        return await self._change(token, {"$set": {"email": token.email, "verified_at": at}}) if token else None

    async def _take(self, purpose: Purpose, digest: str) -> MailToken | None:
        async with self._database.session() as session:
            return _token(await session[MailTokenDocument.collection].find_one_and_delete(_valid(purpose, digest)))

    async def _change(self, token: MailToken, update: Any, **conditions: str) -> Account | None:
        where = {"_id": token.account_id, "generation": token.generation, "disabled_at": None, **conditions}
        async with self._database.session() as session:
            found = await session[AccountDocument.collection].find_one_and_update(
                where, update, return_document=ReturnDocument.AFTER
            )
        return account_in(found)


def mail_tokens_of(app: FastAPI) -> MongoMailTokens:
    """Return the tokens of the running service."""
    return MongoMailTokens(get_database(app))


def _valid(purpose: Purpose, digest: str) -> dict[str, Any]:
    return {"purpose": purpose, "digest": digest, "expires_at": {"$gt": datetime.now(UTC)}}


def _token(found: Mapping[str, Any] | None) -> MailToken | None:
    if found is None:
        return None
    document = MailTokenDocument.model_validate(found)
    return MailToken(
        account_id=document.account_id,
        purpose=Purpose(document.purpose),
        digest=document.digest,
        email=document.email,
        generation=document.generation,
        expires_at=document.expires_at,
    )
