"""Accounts and sessions in tables. What must happen once is one statement with a condition."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import ColumnElement, CursorResult, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from kit.auth.accounts.sql.model import AccountRow, SessionRow
from kit.auth.accounts.storage import Account, OpenSession, Session
from kit.auth.on_sql import joined, open_database
from kit.sql import Database, get_database

MAX_REMOVED = 100  # expired sessions, at each log in


class SqlStorage:
    """Accounts and sessions in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, email: str, password_hash: str, scopes: Collection[str] = (), verified_at: datetime | None = None
    ) -> Account:
        row = AccountRow(
            email=email, password_hash=password_hash, scopes=joined(scopes, of="an account"), verified_at=verified_at
        )
        async with self._database.session() as session:
            session.add(row)
            await session.flush()
            return account_in(row)

    async def find(self, email: str) -> Account | None:
        return await self._one(AccountRow.email == email)

    async def get(self, account_id: UUID) -> Account | None:
        return await self._one(AccountRow.id == account_id)

    async def list_accounts(self, after: UUID | None, limit: int) -> Sequence[Account]:
        query = select(AccountRow).order_by(AccountRow.id).limit(limit)
        async with self._database.read_session(of_primary=True) as session:
            rows = await session.scalars(query if after is None else query.where(AccountRow.id > after))
            return [account_in(row) for row in rows]

    async def replace_hash(self, account: Account, password_hash: str) -> None:
        async with self._database.session() as session:
            await _changed(session, _unchanged(account), password_hash=password_hash)

    async def change_password(self, account: Account, password_hash: str) -> Account | None:
        values = {"password_hash": password_hash, "generation": AccountRow.generation + 1}
        async with self._database.session() as session:
            if not await _changed(session, _unchanged(account), **values):
                return None
            await session.execute(delete(SessionRow).where(SessionRow.account_id == account.id))
            return await _read(session, AccountRow.id == account.id)

    async def end_all(self, account_id: UUID) -> None:
        async with self._database.session() as session:
            await _changed(session, AccountRow.id == account_id, generation=AccountRow.generation + 1)
            await session.execute(delete(SessionRow).where(SessionRow.account_id == account_id))

    async def change_scopes(self, account_id: UUID, add: Collection[str], remove: Collection[str]) -> Account | None:
        async with self._database.session() as session:
            row = await session.get(AccountRow, account_id, with_for_update=True)
            if row is None:
                return None
            row.scopes = joined({*row.scopes.split(), *add} - {*remove}, of="an account")
            await session.flush()
            return account_in(row)

    async def disable(self, account_id: UUID, at: datetime | None) -> Account | None:
        values = {"disabled_at": at, "generation": AccountRow.generation + 1}
        async with self._database.session() as session:
            await _changed(session, AccountRow.id == account_id, **values)
            return await _read(session, AccountRow.id == account_id)

    async def delete(self, account_id: UUID) -> bool:
        async with self._database.session() as session:  # the database deletes what refers to the account
            return count_of(await session.execute(delete(AccountRow).where(AccountRow.id == account_id))) == 1

    async def start(self, session: Session) -> None:
        now = datetime.now(UTC)
        async with self._database.session() as opened:
            expired = select(SessionRow.id).where(SessionRow.expires_at <= now).limit(MAX_REMOVED)
            # What another log in removes right now is not waited for.
            if ids := (await opened.scalars(expired.with_for_update(skip_locked=True))).all():
                await opened.execute(delete(SessionRow).where(SessionRow.id.in_(ids)))
            opened.add(SessionRow(**vars(session)))

    async def account_of(self, session_id: UUID) -> Account | None:
        found = await self._open(SessionRow.id == session_id)
        return found and found.account

    async def session_of(self, family: str) -> OpenSession | None:
        return await self._open(SessionRow.family == family)

    async def rotate(self, family: str, refresh: str, successor: str) -> Session | None:
        is_valid = (SessionRow.refresh == refresh, SessionRow.expires_at > datetime.now(UTC))
        statement = update(SessionRow).where(SessionRow.family == family, *is_valid).values(refresh=successor)
        async with self._database.session() as session:
            if not count_of(await session.execute(statement)):
                return None
            row = (await session.scalars(select(SessionRow).where(SessionRow.family == family))).one()
            return _session(row)

    async def end_family(self, family: str) -> UUID | None:
        async with self._database.session() as session:
            query = select(SessionRow.account_id).where(SessionRow.family == family)
            account_id = (await session.scalars(query)).one_or_none()
            await session.execute(delete(SessionRow).where(SessionRow.family == family))
            return account_id

    async def end(self, session_id: UUID) -> None:
        async with self._database.session() as session:
            await session.execute(delete(SessionRow).where(SessionRow.id == session_id))

    async def _open(self, condition: ColumnElement[bool]) -> OpenSession | None:
        query = (
            select(SessionRow.id, AccountRow)
            .join(AccountRow, SessionRow.account_id == AccountRow.id)
            .where(condition, SessionRow.expires_at > datetime.now(UTC))
            .where(SessionRow.generation == AccountRow.generation, AccountRow.disabled_at.is_(None))
        )
        async with self._database.read_session(of_primary=True) as session:
            row = (await session.execute(query)).one_or_none()
            return OpenSession(row[0], account_in(row[1])) if row else None

    async def _one(self, condition: ColumnElement[bool]) -> Account | None:
        async with self._database.read_session(of_primary=True) as session:
            return await _read(session, condition)


def storage_of(app: FastAPI) -> SqlStorage:
    """Return the accounts of the running service."""
    return SqlStorage(get_database(app))


@asynccontextmanager
async def open_storage() -> AsyncGenerator[SqlStorage]:
    """Open the database of the settings for a command."""
    async with open_database() as database:
        yield SqlStorage(database)


def _unchanged(account: Account) -> ColumnElement[bool]:
    return (AccountRow.id == account.id) & (AccountRow.password_hash == account.password_hash)


async def _changed(session: AsyncSession, condition: ColumnElement[bool], **values: Any) -> bool:
    return count_of(await session.execute(update(AccountRow).where(condition).values(**values))) == 1


def count_of(result: Any) -> int:
    return cast("CursorResult[Any]", result).rowcount


async def _read(session: AsyncSession, condition: ColumnElement[bool]) -> Account | None:
    row = (await session.scalars(select(AccountRow).where(condition))).one_or_none()
    return row and account_in(row)


def account_in(row: AccountRow) -> Account:
    return Account(
        id=row.id,
        email=row.email,
        password_hash=row.password_hash,
        scopes=frozenset(row.scopes.split()),
        generation=row.generation,
        disabled_at=row.disabled_at,
        verified_at=row.verified_at,
        created_at=row.created_at,
    )


def _session(row: SessionRow) -> Session:
    return Session(
        id=row.id,
        account_id=row.account_id,
        generation=row.generation,
        family=row.family,
        refresh=row.refresh,
        expires_at=row.expires_at,
    )
