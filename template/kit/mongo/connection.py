"""The connection to a database, and its sessions."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from fastapi import FastAPI
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError
from pymongo.read_preferences import make_read_preference, read_pref_mode_from_name

from kit.mongo.documents import CODECS, document_classes
from kit.mongo.driver import Client, Database, close, connect
from kit.mongo.durability import durable_writes
from kit.mongo.errors import UNAUTHORIZED, translated_errors
from kit.mongo.monitoring import ConnectionsInUse, SlowCommands
from kit.mongo.reading import as_reading
from kit.mongo.settings import DatabaseOptions, database_of

MIN_PAUSE = 0.5  # seconds between two looks at the server; the driver refuses less
Prepare = Callable[[Database], Awaitable[object]]


class MongoDBConnectionManager:
    """The connections to a database. Open them with `async with`, and use them only in that event loop."""

    def __init__(self, options: DatabaseOptions, setting: str = "DATABASE_URL", prepare: Prepare | None = None) -> None:
        """Name the database by `setting` in error messages, and run `prepare` before its first session."""
        self.options = options
        self.setting = setting
        self.loop: asyncio.AbstractEventLoop | None = None
        self.in_use = ConnectionsInUse()
        self._client: Client | None = None
        self._is_default = setting == "DATABASE_URL"
        self._prepare = prepare
        self._is_prepared = prepare is None
        self._preparing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.loop = asyncio.get_running_loop()
        self._client = connect(self.options.url.get_secret_value(), **self._client_options())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        client, self._client = self._client, None
        if client is not None:
            await close(client)

    @property
    def database(self) -> Database:
        """The database that the URL names."""
        if self._client is None:
            raise RuntimeError("The connection to the database is not open; use it inside `async with`")
        return self._client.get_database(database_of(self.options.url), codec_options=CODECS)

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[Database]:
        """Yield the database for writing. Each document is written as a whole, and an error rolls nothing back."""
        with translated_errors():
            await self.prepare()
            yield self.database

    @asynccontextmanager
    async def read_session(self) -> AsyncGenerator[Database]:
        """Yield the database for reading, on the servers of `DATABASE_READ_PREFERENCE`; it raises if you write."""
        preference = make_read_preference(read_pref_mode_from_name(self.options.read_preference), None)
        with translated_errors():
            yield as_reading(self.database.with_options(read_preference=preference))

    async def prepare(self) -> None:
        """Run `prepare` unless it has run before; if it fails, all who wait fail, and the next session tries again."""
        if self._is_prepared:
            return
        if self._preparing is None:
            self._preparing = asyncio.create_task(self._run_prepare())
        await asyncio.shield(self._preparing)

    async def _run_prepare(self) -> None:
        try:
            if self._prepare:
                await self._prepare(self.database)
            self._is_prepared = True
        finally:
            self._preparing = None

    async def check(self) -> None:
        """Raise `ConnectionError`, with the setting's name, if the server does not answer or accepts no writes."""
        try:
            await self._try_to_write_twice()
            await self.prepare()
        except PyMongoError as error:
            reason = str(error).partition(", full error")[0].partition(" (configured timeouts")[0]
            url = urlsplit(self.options.url.get_secret_value())
            url = url._replace(netloc=url.netloc.rpartition("@")[2], query="").geturl()
            raise ConnectionError(f"the database of {self.setting}, {url}, does not answer: {reason}") from error

    async def _try_to_write_twice(self) -> None:
        """Try a second time if the connection is lost: a server without replicas has no retries of the driver."""
        try:
            await self._try_to_write()
        except AutoReconnect as error:
            if type(error) is not AutoReconnect:  # the others are no lost connections, but long waits
                raise
            await self._try_to_write()

    async def _try_to_write(self) -> None:
        """Make the server do all that a write needs, for a document that does not exist."""
        names = [document.collection for document in document_classes()] if self._is_default else []
        collection = self.database[next(iter(names), "ready")]
        try:
            await collection.update_one({"_id": {"$in": []}}, {"$set": {"ready": True}})
        except OperationFailure as error:
            if self._is_default or error.code != UNAUTHORIZED:  # a further database may be for reading only
                raise

    def _client_options(self) -> dict[str, Any]:
        options, milliseconds = self.options, 1000
        login = {"password": options.password.get_secret_value()} if options.password else {}
        listeners = [self.in_use, *([SlowCommands(options.slow_query_ms)] if options.slow_query_ms else [])]
        return {
            "maxPoolSize": options.pool_size,
            "waitQueueTimeoutMS": options.pool_timeout * milliseconds,
            "serverSelectionTimeoutMS": options.connect_timeout * milliseconds,
            "connectTimeoutMS": options.connect_timeout * milliseconds,
            "heartbeatFrequencyMS": max(options.connect_timeout, MIN_PAUSE) * milliseconds,
            "socketTimeoutMS": options.timeout * milliseconds,
            "event_listeners": listeners,
            **durable_writes(options.url),
            **login,
        }


def get_database(app: FastAPI, name: str = "default") -> MongoDBConnectionManager:
    """Return a database of the running service: that of `DATABASE_URL`, or of `DATABASES__<name>__URL`.

    Raises `LookupError` for a name that is not set, and `RuntimeError` in an event loop other than the service's.
    """
    databases: dict[str, MongoDBConnectionManager] = app.state.databases
    if name not in databases:
        raise LookupError(f"There is no database '{name}'; set DATABASES__{name.upper()}__URL")
    if databases[name].loop is not asyncio.get_running_loop():
        raise RuntimeError(f"The database '{name}' belongs to another event loop; use the one that started it")
    return databases[name]
