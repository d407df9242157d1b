"""What is particular about a database in a file."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from pydantic import SecretStr

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
