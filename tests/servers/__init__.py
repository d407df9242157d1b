"""Real servers for the tests, without Docker: on free ports, with their data in temporary folders."""

from collections.abc import Mapping

from tests.combinations import Answer, fullest_per_database
from tests.servers.mongodb import MongoDB
from tests.servers.mysql import MySQL
from tests.servers.oidc import Oidc
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.servers.s3 import S3
from tests.servers.server import Server

__all__ = ["Server", "Servers", "needs"]

# The question, the answer that needs a server, the server, and the setting that takes its URL.
NEEDS: dict[tuple[str, Answer], tuple[type[Server], str]] = {
    ("auth", "oidc"): (Oidc, "AUTH_ISSUER"),
    ("database", "mongodb"): (MongoDB, "DATABASE_URL"),
    ("database", "mysql"): (MySQL, "DATABASE_URL"),
    ("database", "postgres"): (Postgres, "DATABASE_URL"),
    ("scheduler", "taskiq"): (Redis, "SCHEDULER_URL"),
    ("store", "redis"): (Redis, "STORE_URL"),
}


def needs(answers: Mapping[str, Answer]) -> dict[str, type[Server]]:
    """Return the servers that a service with these answers needs, by the setting that takes their URLs."""
    found = [NEEDS[pair] for pair in answers.items() if pair in NEEDS]
    # Temporary files are in a folder, except where everything is turned on: there they are in a bucket.
    found += [(S3, "TEMP_FILES_URL")] if answers in [each.answers for each in fullest_per_database()] else []
    return {setting: kind for kind, setting in found}


class Servers:
    """The servers of one worker of the run; each starts when the first test needs it."""

    def __init__(self) -> None:
        self._made: dict[type[Server], Server] = {}

    def behind(self, answers: Mapping[str, Answer]) -> dict[str, Server]:
        """Return the servers that a service with these answers needs, by the setting that takes their URLs."""
        needed = needs(answers)
        for kind in needed.values():
            if kind not in self._made:
                self._made[kind] = kind()
        return {setting: self._made[kind] for setting, kind in needed.items()}

    def close(self) -> None:
        for server in self._made.values():
            server.close()
