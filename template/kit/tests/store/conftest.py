"""An open store, on any engine."""

from collections.abc import AsyncGenerator

import pytest
from fastapi import FastAPI

from kit.store import StoreService
from kit.store.callbacks import Caller
from kit.store.dispatcher import Dispatcher
from kit.testing.service import given, started
from kit.tests.store.place import Place
from kit.tests.trial import Lines


@pytest.fixture
async def app() -> AsyncGenerator[FastAPI]:
    """Start a service for each test: a shared one would also handle the expiries of other tests."""
    async with started(given()) as app:
        yield app


@pytest.fixture
async def store(place: Place) -> AsyncGenerator[StoreService]:
    """Yield an empty store; its data must still be consistent after the test."""
    store = StoreService(place.open())
    yield store
    faults = await place.faults(store.engine)
    await store.close()
    assert faults == []


@pytest.fixture
async def dispatcher(store: StoreService) -> AsyncGenerator[Dispatcher]:
    dispatcher = Dispatcher(store.engine, store.callbacks, Caller(2, timeout=10))
    yield dispatcher
    await dispatcher.close()


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """Return what the log has got since the last call."""
    return Lines(capsys)
