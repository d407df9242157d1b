"""Real servers for the tests: on free ports, with their data in temporary folders, without Docker."""

from collections.abc import Mapping

from tests.combinations import Answer
from tests.servers.mongodb import MongoDB
from tests.servers.mysql import MySQL
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.servers.server import Server

__all__ = ["Server", "Servers", "needed"]

# Which answer to which question needs which server; an answer that is not here needs none.
KINDS: dict[tuple[str, Answer], type[Server]] = {
    ("database", "mongodb"): MongoDB,
    ("database", "mysql"): MySQL,
    ("database", "postgres"): Postgres,
    ("store", "redis"): Redis,
}
SETTINGS = {"database": "DATABASE_URL", "store": "STORE_URL"}


def needed(answers: Mapping[str, Answer]) -> dict[str, type[Server]]:
    """Return the servers that a service with these answers needs, by the setting that says where each is."""
    return {SETTINGS[pair[0]]: KINDS[pair] for pair in answers.items() if pair in KINDS}


class Servers:
    """The servers of one worker of the run; each is made when the first test needs it."""

    def __init__(self) -> None:
        self._made: dict[type[Server], Server] = {}

    def behind(self, answers: Mapping[str, Answer]) -> dict[str, Server]:
        """Return the servers of a service with these answers, by the setting that says where each is."""
        return {setting: self._get(kind) for setting, kind in needed(answers).items()}

    def close(self) -> None:
        for server in self._made.values():
            server.close()

    def _get(self, kind: type[Server]) -> Server:
        if kind not in self._made:
            self._made[kind] = kind()
        return self._made[kind]
