"""Transactions: a database whose collections do everything in one of them, where the server has them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

from fastapi import FastAPI

from kit.mongo import get_database
from kit.mongo.driver import Collection, Database

METHODS = (
    *("insert_one", "insert_many", "replace_one", "update_one", "update_many", "delete_one", "delete_many"),
    *("bulk_write", "find", "find_one", "find_one_and_delete", "find_one_and_replace", "find_one_and_update"),
    *("aggregate", "count_documents", "distinct"),
)
_have_transactions: WeakKeyDictionary[object, bool] = WeakKeyDictionary()


@asynccontextmanager
async def open_transaction(app: FastAPI) -> AsyncGenerator[Database]:
    """Yield the database in a transaction; on a standalone server, which has none, each write stands for itself."""
    connection = get_database(app)
    async with connection.session() as database:
        if not await _has_transactions(connection, database):
            yield database
            return
        async with await _started(database.client) as session, _transaction(session):
            yield _in_transaction(database, session)


def _started(client: Any) -> Any:
    """Return an awaitable of a session: of the two drivers, one starts it in a thread, the other at once."""
    session = client.start_session()
    return session if hasattr(session, "__await__") else _at_once(session)


async def _at_once(session: Any) -> Any:
    return session


@asynccontextmanager
async def _transaction(session: Any) -> AsyncGenerator[None]:
    """Begin a transaction, and commit it at the end; with one of the drivers, the beginning is awaited."""
    begun = session.start_transaction()
    async with (await begun) if hasattr(begun, "__await__") else begun:
        yield


async def _has_transactions(connection: object, database: Database) -> bool:
    if connection not in _have_transactions:
        found: dict[str, Any] = await database.command("hello")
        _have_transactions[connection] = "setName" in found or found.get("msg") == "isdbgrid"
    return _have_transactions[connection]


class TransactionCollection(Collection):
    """A collection that does everything in one transaction."""

    def __getitem__(self, name: str) -> Any:
        return _joined(super().__getitem__(name), _session_of(self))

    def with_options(self, *arguments: Any, **options: Any) -> Any:
        typed: Any = super()  # the types of a driver are not complete
        return _joined(typed.with_options(*arguments, **options), _session_of(self))


class TransactionDatabase(Database):
    """A database whose collections do everything in one transaction."""

    def __getitem__(self, name: str) -> Any:
        return _joined(super().__getitem__(name), _session_of(self))

    def get_collection(self, *arguments: Any, **options: Any) -> Any:
        return _joined(super().get_collection(*arguments, **options), _session_of(self))

    def with_options(self, *arguments: Any, **options: Any) -> Any:
        return _in_transaction(super().with_options(*arguments, **options), _session_of(self))


def _method(owner: type, name: str) -> Any:
    original = getattr(owner, name)

    def call(self: Any, *arguments: Any, **options: Any) -> Any:
        return original(self, *arguments, **{"session": _session_of(self), **options})

    return call


for each in METHODS:
    setattr(TransactionCollection, each, _method(Collection, each))
for each in ("aggregate", "command"):
    setattr(TransactionDatabase, each, _method(Database, each))


def _in_transaction(database: Database, session: object) -> Database:
    database.__class__ = TransactionDatabase
    vars(database)["session_of_transaction"] = session
    return database


def _joined(collection: Collection, session: object) -> Collection:
    collection.__class__ = TransactionCollection
    vars(collection)["session_of_transaction"] = session
    return collection


def _session_of(part: object) -> object:
    return vars(part)["session_of_transaction"]
