"""Fixtures for a MongoDB database, on the server of `DATABASE_URL`, or else on a new one."""

import gc
import os
import warnings
from collections.abc import Generator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from pymongo import MongoClient
from testcontainers.community.mongodb import MongoDbContainer

from kit.mongo import MongoDBConnectionManager, get_database
from kit.testing.containers import running
from kit.testing.local.mongodb import MongoDB


@pytest.fixture(scope="session")
def database_url() -> Generator[str]:
    if server := os.environ.get("DATABASE_URL"):
        name = f"test_{uuid4().hex}"
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
        with MongoClient[dict[str, Any]](server) as client:
            client.drop_database(name)
    else:
        with running(_container, _url_of, MongoDB, "DATABASE_URL") as url:
            yield url


def _container() -> MongoDbContainer:
    return MongoDbContainer("mongo:8.0")


def _url_of(container: MongoDbContainer) -> str:
    return f"{container.get_connection_url()}/app?authSource=admin"


@pytest.fixture(scope="session", autouse=True)
def configured_database(database_url: str) -> Generator[None]:
    """Point `DATABASE_URL` at the database of the tests."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", database_url)
        yield


@pytest.fixture
async def database(app: FastAPI) -> MongoDBConnectionManager:
    """Return the database of the running service, with all collections empty."""
    connection = get_database(app)
    for name in await connection.database.list_collection_names():
        await connection.database[name].delete_many({})
    return connection


@pytest.fixture
def unreachable_url() -> Generator[SecretStr]:
    yield SecretStr("mongodb://app:app@127.0.0.1:1/app")  # nothing listens there
    # If the client is closed while the driver connects, the driver leaves that socket open.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
