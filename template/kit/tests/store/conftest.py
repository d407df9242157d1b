"""A store that is open, wherever it keeps its data."""

from collections.abc import AsyncGenerator

import pytest
from fastapi import FastAPI

from kit.store import StoreService
from kit.store.dispatcher import Dispatcher
from kit.testing.service import given, started
from kit.tests.store.place import Place


@pytest.fixture
async def app() -> AsyncGenerator[FastAPI]:
    """Give each test a service of its own: one that others share would hear of their expiries."""
    async with started(given()) as app:
        yield app


@pytest.fixture
async def store(place: Place) -> AsyncGenerator[StoreService]:
    """Give an empty store; what a test leaves in it must fit together."""
    store = StoreService(place.open())
    yield store
    faults = await place.faults(store.engine)
    await store.close()
    assert faults == []


@pytest.fixture
async def dispatcher(store: StoreService) -> AsyncGenerator[Dispatcher]:
    dispatcher = Dispatcher(store.engine, store.callbacks, worker_threads=2)
    yield dispatcher
    await dispatcher.close()
