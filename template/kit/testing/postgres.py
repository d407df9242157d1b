"""Fixtures for a PostgreSQL database, on the server of `DATABASE_URL`, or else on a new one."""

import os
from collections.abc import Generator

import pytest
from pydantic import SecretStr
from testcontainers.community.postgres import PostgresContainer

from kit.testing.containers import running
from kit.testing.local.postgres import Postgres
from kit.testing.servers import new_database


@pytest.fixture(scope="session")
def database_url() -> Generator[str]:
    if server := os.environ.get("DATABASE_URL"):
        with new_database(server) as url:
            yield url
    else:
        with running(_container, _url_of, Postgres, "DATABASE_URL") as url:
            yield url


def _container() -> PostgresContainer:
    return PostgresContainer("postgres:18")


def _url_of(container: PostgresContainer) -> str:
    return container.get_connection_url(driver=None)


@pytest.fixture
def unreachable_url() -> SecretStr:
    return SecretStr("postgresql://app:app@127.0.0.1:1/app")  # nothing listens there
