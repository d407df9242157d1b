"""Fixtures for a store on LMDB, in a temporary folder."""

from collections.abc import Generator, Iterator
from pathlib import Path
from uuid import uuid4

import lmdb
import pytest

from kit.store.engine import Engine
from kit.store.lmdb.engine import LmdbEngine
from kit.store.lmdb.environment import Transaction
from kit.store.lmdb.settings import LmdbSettings
from kit.store.lmdb.stored import WIDTH
from kit.store.names import namespace_of

START = 1_800_000_000_000


class LmdbPlace:
    """A folder for a store, with a clock that tests advance."""

    def __init__(self, folder: Path) -> None:
        self.settings = LmdbSettings(path=folder, sync="off")
        self.now = START

    def open(self, max_namespaces: int = 256) -> LmdbEngine:
        return LmdbEngine(self.settings, max_namespaces, clock=lambda: self.now)

    async def advance(self, seconds: float) -> None:
        self.now += round(seconds * 1000)

    async def faults(self, engine: Engine) -> list[str]:
        assert isinstance(engine, LmdbEngine)
        return engine.environment.read(lambda transaction: list(faults_of(engine, transaction)))


@pytest.fixture
def place(tmp_path: Path) -> LmdbPlace:
    return LmdbPlace(tmp_path / "store")


@pytest.fixture(scope="session", autouse=True)
def folders_apart() -> Generator[None]:
    """Give each service of a test its own folder: LMDB opens a folder only once in each process."""

    def open_engine(settings: LmdbSettings, max_namespaces: int) -> LmdbEngine:
        try:
            return LmdbEngine(settings, max_namespaces)
        except lmdb.Error:
            beside = settings.model_copy(update={"path": settings.path / uuid4().hex})
            return LmdbEngine(beside, max_namespaces)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("kit.store.lmdb.lifespan.LmdbEngine", open_engine)
        yield


def faults_of(engine: LmdbEngine, transaction: Transaction) -> Iterator[str]:
    """Compare the tables with each other, and yield a line for each difference."""
    tables, callbacks = engine.tables, engine.callbacks
    data = {name: stored[:WIDTH] for name, stored in transaction.cursor(tables.data)}
    deadlines = {name: deadline for name, deadline in data.items() if deadline != bytes(WIDTH)}
    expiring = {name: each[:WIDTH] for name, each in transaction.cursor(tables.expiring)}
    index = [(name, deadline) for deadline, name in transaction.cursor(tables.deadlines)]
    namespaces = {name for name, _ in transaction.cursor(tables.namespaces)}
    due = {key[WIDTH:] for key, _ in transaction.cursor(callbacks.due)}
    waiting = {key for key, _ in transaction.cursor(callbacks.callbacks)}
    if expiring != deadlines:
        yield f"expiring {expiring} does not match the data: {deadlines}"
    if sorted(index) != sorted(deadlines.items()):
        yield f"the index {index} does not match the data: {deadlines}"
    if namespaces != {namespace_of(name) for name in data}:
        yield f"the namespaces {namespaces} do not match the names {list(data)}"
    if due != waiting:
        yield f"due {due} does not match the callbacks: {waiting}"
