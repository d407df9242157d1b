"""Fixtures for an SQLite database, in a temporary file."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from pydantic import SecretStr


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('data') / 'test.db'}"


@pytest.fixture
async def unreachable_url(tmp_path: Path) -> AsyncGenerator[SecretStr]:
    before = threading.enumerate()
    yield SecretStr(f"sqlite:///{tmp_path}")  # a folder is not a database
    # The driver's thread of a failed connection makes a last call to the event loop: wait for it.
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name and thread not in before:
            await asyncio.to_thread(thread.join, timeout=5)
