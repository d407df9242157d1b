"""Fixtures and functions for a running service, and for a client of it."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, chdir
from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient

from kit.discovery import entrypoint
from kit.settings import BaseSettings, Environment, Settings


def create_app(*settings: BaseSettings) -> FastAPI:
    """Create the service with these settings; all others come from the environment."""
    return entrypoint().create_app(*settings)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def loggers_without_memory() -> Generator[None]:
    """Make each logger use the latest configuration; in a service it keeps the one of its first use."""
    configure = structlog.configure

    def configure_for_now(**options: Any) -> None:
        options["cache_logger_on_first_use"] = False
        configure(**options)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(structlog, "configure", configure_for_now)
        configure_for_now()
        yield


@pytest.fixture(scope="module", autouse=True)
def no_dotenv_files(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    with chdir(tmp_path_factory.mktemp("empty")):
        yield


def given(environment: Environment = Environment.DEVELOPMENT, **values: Any) -> Settings:
    """Return settings with these values, and defaults for all others: the environment is ignored."""
    all_values: dict[str, Any] = {name: field.get_default() for name, field in Settings.model_fields.items()}
    all_values |= {"environment": environment, **values}
    return Settings(**all_values)


@asynccontextmanager
async def started(*settings: BaseSettings) -> AsyncGenerator[FastAPI]:
    """Create a service with these settings, and start it."""
    app = create_app(*settings)
    async with app.router.lifespan_context(app):
        yield app


def ask(app: FastAPI, **options: Any) -> AsyncClient:
    """Return a client of the service; exceptions in the service become error responses, as over the network."""
    return AsyncClient(
        transport=ASGITransport(app, raise_app_exceptions=False), base_url="http://service.test", **options
    )


@pytest.fixture(scope="module")
async def app() -> AsyncGenerator[FastAPI]:
    """Yield the service that the tests of a module share; a test that needs its own uses `started`."""
    async with started(Settings(environment=Environment.DEVELOPMENT)) as app:
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncGenerator[AsyncClient]:
    async with ask(app) as client:
        yield client
