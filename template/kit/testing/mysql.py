"""Fixtures for a MySQL database, on the server of `DATABASE_URL`, or else on a new one."""

import os
from collections.abc import Generator

import pytest
from pydantic import SecretStr
from testcontainers.community.mysql import MySqlContainer

from kit.testing.containers import running
from kit.testing.local.mysql import MySQL
from kit.testing.servers import new_database


@pytest.fixture(scope="session")
def database_url() -> Generator[str]:
    if server := os.environ.get("DATABASE_URL"):
        with new_database(server) as url:
            yield url
    else:
        with running(_container, MySqlContainer.get_connection_url, MySQL, "DATABASE_URL") as url:
            yield url


def _container() -> MySqlContainer:
    return MySqlContainer("mysql:8.4")


@pytest.fixture
def unreachable_url() -> SecretStr:
    return SecretStr("mysql://app:app@127.0.0.1:1/app")  # nothing listens there
