"""What is particular about a database in a file."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import ServiceUnavailableException
from kit.sql import Database
from kit.sql.settings import DatabaseSettings

pytestmark = pytest.mark.anyio


async def test_a_new_file_that_another_process_is_writing_to_is_waited_for(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "new.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    database = Database(DatabaseSettings(url=SecretStr(f"sqlite:///{tmp_path}/new.db")))
    ping = asyncio.create_task(database.ping())
    await asyncio.sleep(0.05)
    assert not ping.done()
    other.execute("COMMIT")
    await ping
    other.close()
    await database.close()


async def test_a_file_that_is_deleted_or_replaced_takes_no_writes(tmp_path: Path) -> None:
    path, away = tmp_path / "app.db", tmp_path / "away.db"
    database = Database(DatabaseSettings(url=SecretStr(f"sqlite:///{path}")))
    await write(database)
    path.rename(away)
    for put_another_in_its_place in (False, True):
        if put_another_in_its_place:
            path.touch()
        with pytest.raises(ConnectionError, match=r"app\.db was deleted or replaced"):
            await database.ping()
        with pytest.raises(ServiceUnavailableException):
            await write(database)
    away.replace(path)
    await database.ping()
    await write(database)
    await database.close()


async def write(database: Database) -> None:
    async with database.session() as session:
        await session.execute(text("CREATE TABLE IF NOT EXISTS trials (id INT)"))


async def test_another_writer_is_a_conflict_that_can_be_tried_again(tmp_path: Path) -> None:
    database = Database(DatabaseSettings(url=SecretStr(f"sqlite:///{tmp_path}/app.db"), timeout=0.1))
    await write(database)
    other = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ServiceUnavailableException) as raised:
        await write(database)
    assert raised.value.headers == {"Retry-After": "1"}
    other.close()
    await database.close()


async def test_a_retried_transaction_succeeds_once_the_other_writer_is_gone(tmp_path: Path) -> None:
    database = Database(DatabaseSettings(url=SecretStr(f"sqlite:///{tmp_path}/app.db"), timeout=0.05))
    other = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    asyncio.get_running_loop().call_later(0.1, other.close)

    async def work(session: AsyncSession) -> int:
        return (await session.execute(text("SELECT 7"))).scalar_one()

    assert await database.retried(work, attempts=10) == 7
    await database.close()


@pytest.mark.parametrize("statement", ["PRAGMA user_version = 7", "PRAGMA application_id(7)"])
async def test_a_session_that_only_reads_refuses_pragmas_that_write(tmp_path: Path, statement: str) -> None:
    database = Database(DatabaseSettings(url=SecretStr(f"sqlite:///{tmp_path}/app.db")))
    with pytest.raises(RuntimeError, match="This session only reads"):
        async with database.read_session() as session:
            await session.execute(text(statement))
    async with database.session() as session:
        await session.execute(text(statement))
    await database.close()
