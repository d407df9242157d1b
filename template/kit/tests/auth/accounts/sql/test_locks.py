"""What waits for another transaction, and what does not."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import delete, update

from kit.auth.accounts.service import Accounts
from kit.auth.accounts.sql.mail_tokens import mail_tokens_of
from kit.auth.accounts.sql.model import AccountRow, SessionRow
from kit.auth.accounts.storage import MailToken, Purpose
from kit.sql import get_database
from kit.tests.auth.accounts.sql.test_storing import session_of

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def test_a_reset_waits_for_a_change_that_makes_its_token_invalid(app: FastAPI, accounts: Accounts) -> None:
    account = await accounts.storage.create("ada@example.com", "x")
    now, tokens = datetime.now(UTC), mail_tokens_of(app)
    token = MailToken(
        account_id=account.id,
        purpose=Purpose.RESET,
        digest="digest",
        email=account.email,
        generation=account.generation,
        expires_at=now + timedelta(hours=1),
    )
    await tokens.replace(token)
    async with get_database(app).session() as session:
        await session.execute(update(AccountRow).values(generation=AccountRow.generation + 1))
        reset = asyncio.create_task(tokens.reset("digest", "y", now))
        await asyncio.sleep(0.3)
        assert not reset.done()
    assert await reset is None


async def test_a_log_in_does_not_wait_for_another_that_removes_the_same_session(
    app: FastAPI, accounts: Accounts
) -> None:
    account = await accounts.storage.create("ada@example.com", "x")
    expired = session_of(account, -1)
    async with get_database(app).session() as session:
        session.add(SessionRow(**vars(expired)))
    async with get_database(app).session() as session:
        await session.execute(delete(SessionRow).where(SessionRow.id == expired.id))
        async with asyncio.timeout(3):
            await accounts.storage.start(session_of(account, 60))
