"""Fixtures for a PostgreSQL database, on the server of `DATABASE_URL`, or else in a container."""

import os
from collections.abc import Generator

import pytest
from pydantic import SecretStr
from testcontainers.community.postgres import PostgresContainer

from kit.testing.containers import running
from kit.testing.servers import new_database


@pytest.fixture(scope="session")
def database_url() -> Generator[str]:
    if server := os.environ.get("DATABASE_URL"):
        with new_database(server) as url:
            yield url
    else:
        with running(PostgresContainer, "postgres:18", "DATABASE_URL") as container:
            yield container.get_connection_url(driver=None)


@pytest.fixture
def unreachable_url() -> SecretStr:
    return SecretStr("postgresql://app:app@127.0.0.1:1/app")  # nothing listens there
