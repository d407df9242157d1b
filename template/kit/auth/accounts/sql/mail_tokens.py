"""Tokens for mails in a table. Whoever uses or replaces one locks its account first, so that a token works once."""

from datetime import UTC, datetime

from fastapi import FastAPI
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.auth.accounts.sql.model import AccountRow, MailTokenRow, SessionRow
from kit.auth.accounts.sql.storing import account_in, count_of
from kit.auth.accounts.storage import Account, MailToken, Purpose
from kit.sql import Database, get_database


class SqlMailTokens:
    """Tokens in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def replace(self, token: MailToken) -> None:
        async with self._database.session() as session:
            if await session.get(AccountRow, token.account_id, with_for_update=True) is None:
                return
            # Deleting a row that is not there can lock the gap that another account inserts into.
            query = select(MailTokenRow).where(MailTokenRow.account_id == token.account_id)
            row = (await session.scalars(query.where(MailTokenRow.purpose == token.purpose))).one_or_none()
            row = row or MailTokenRow()
            for name, value in vars(token).items():
                setattr(row, name, value)
            session.add(row)

    async def find(self, purpose: Purpose, digest: str) -> MailToken | None:
        async with self._database.read_session(of_primary=True) as session:
            row = await _find(session, purpose, digest)
            return row and MailToken(
                account_id=row.account_id,
                purpose=purpose,
                digest=row.digest,
                email=row.email,
                generation=row.generation,
                expires_at=row.expires_at,
            )

    async def verify(self, digest: str, at: datetime) -> Account | None:
        async with self._database.session() as session:
            token, account = await _take(session, Purpose.VERIFY, digest)
            if account is None or account.email != token.email:
                return None
            account.verified_at = at
            await session.flush()
            return account_in(account)

    async def reset(self, digest: str, password_hash: str, at: datetime) -> Account | None:
        async with self._database.session() as session:
            token, account = await _take(session, Purpose.RESET, digest)
            if account is None or account.email != token.email:
                return None
            account.password_hash = password_hash
            account.generation += 1
            account.verified_at = account.verified_at or at
            await session.execute(delete(SessionRow).where(SessionRow.account_id == account.id))
            await session.flush()
            return account_in(account)

    async def move(self, digest: str, at: datetime) -> Account | None:
        async with self._database.session() as session:
            token, account = await _take(session, Purpose.MOVE, digest)
            if account is None:
                return None
            account.email, account.verified_at = token.email, at
            await session.flush()
            return account_in(account)


async def _find(session: AsyncSession, purpose: Purpose, digest: str) -> MailTokenRow | None:
    query = select(MailTokenRow).where(MailTokenRow.purpose == purpose, MailTokenRow.digest == digest)
    return (await session.scalars(query.where(MailTokenRow.expires_at > datetime.now(UTC)))).one_or_none()


async def _take(session: AsyncSession, purpose: Purpose, digest: str) -> tuple[MailTokenRow, AccountRow | None]:
    """Delete a token, and return it with its account if it was valid."""
    token = await _find(session, purpose, digest)
    if token is None:
        return MailTokenRow(), None
    account = await session.get(AccountRow, token.account_id, with_for_update=True)
    mine = delete(MailTokenRow).where(MailTokenRow.id == token.id, MailTokenRow.digest == digest)
    if not count_of(await session.execute(mine.execution_options(synchronize_session=False))):
        return token, None
    is_valid = account and account.generation == token.generation and not account.disabled_at
    return token, account if is_valid else None


def mail_tokens_of(app: FastAPI) -> SqlMailTokens:
    """Return the tokens of the running service."""
    return SqlMailTokens(get_database(app))
