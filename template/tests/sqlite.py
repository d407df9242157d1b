"""A database of the tests: SQLite, in a temporary file."""

from pathlib import Path

import pytest
from pydantic import SecretStr


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('data') / 'test.db'}"


@pytest.fixture
def unreachable_url(tmp_path: Path) -> SecretStr:
    return SecretStr(f"sqlite:///{tmp_path}")  # a folder is no database
