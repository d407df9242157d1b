"""Real servers for the tests: on free ports, with their data in temporary folders, without Docker."""

from collections.abc import Mapping

from tests.combinations import Answer
from tests.servers.mongodb import MongoDB
from tests.servers.mysql import MySQL
from tests.servers.postgres import Postgres
from tests.servers.server import Server

__all__ = ["Server", "Servers"]

# Which answer to `database` needs which server; an answer that is not here needs none.
KINDS: dict[Answer, type[Server]] = {"mongodb": MongoDB, "mysql": MySQL, "postgres": Postgres}


class Servers:
    """The servers of one worker of the run; each is made when the first test needs it."""

    def __init__(self) -> None:
        self._made: dict[Answer, Server] = {}

    def behind(self, answers: Mapping[str, Answer]) -> Server | None:
        """Return the database server that a service with these answers needs."""
        answer = answers["database"]
        if answer in KINDS and answer not in self._made:
            self._made[answer] = KINDS[answer]()
        return self._made.get(answer)

    def close(self) -> None:
        for server in self._made.values():
            server.close()
