"""Accounts in tables: what is read from the primary, and what is removed."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import func, select

from kit.auth.accounts.service import Accounts, get_accounts
from kit.auth.accounts.sql import storing
from kit.auth.accounts.sql.model import SessionRow
from kit.auth.accounts.sql.storing import SqlStorage
from kit.auth.accounts.storage import Account, Session
from kit.errors import BadRequestException, ServiceUnavailableException
from kit.sql import Database, get_database
from kit.sql.settings import DatabaseSettings

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


def session_of(account: Account, seconds: int) -> Session:
    return Session(
        id=uuid4(),
        account_id=account.id,
        generation=account.generation,
        family=uuid4().hex,
        refresh=uuid4().hex,
        expires_at=datetime.now(UTC) + timedelta(seconds=seconds),
    )


async def test_a_replica_that_is_behind_or_away_keeps_no_session_alive(
    app: FastAPI, accounts: Accounts, unreachable_url: SecretStr
) -> None:
    account = await accounts.storage.create("ada@example.com", "x")
    session = session_of(account, 60)
    await accounts.storage.start(session)
    options = get_database(app).options
    database = Database(options.model_copy(update={"read_url": unreachable_url}))
    storage = SqlStorage(database)
    with pytest.raises(ServiceUnavailableException):
        async with database.read_session() as opened:
            await opened.execute(select(1))
    assert await storage.account_of(session.id) == account
    assert await storage.find("ada@example.com") == account
    assert await storage.get(account.id) == account
    assert await storage.list_accounts(None, 10) == [account]
    await database.close()


async def test_each_log_in_removes_some_expired_sessions(app: FastAPI, accounts: Accounts) -> None:
    account = await accounts.storage.create("ada@example.com", "x")
    seconds = (*(-1,) * 101, 60)
    async with get_database(app).session() as opened:
        opened.add_all([SessionRow(**vars(session_of(account, each))) for each in seconds])
    counts: list[int] = []
    for _ in range(3):
        await accounts.start_session(account)
        async with get_database(app).read_session() as opened:
            counts.append((await opened.execute(select(func.count()).select_from(SessionRow))).scalar_one())
    assert counts == [3, 3, 4]


async def test_more_scopes_than_a_column_holds_are_refused(app: FastAPI) -> None:
    storage = get_accounts(app).storage
    account = await storage.create("ada@example.com", "x")
    with pytest.raises(BadRequestException, match="4000 characters"):
        await storage.change_scopes(account.id, [f"scope{number:04}" for number in range(500)], [])
    assert await storage.get(account.id) == account


async def test_a_command_uses_the_database_of_the_settings(accounts: Accounts) -> None:
    await accounts.storage.create("ada@example.com", "x")
    assert DatabaseSettings().url.get_secret_value()
    async with storing.open_storage() as storage:
        assert await storage.find("ada@example.com") == await accounts.storage.find("ada@example.com")
