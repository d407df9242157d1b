"""The base class of all servers of the tests."""

import contextlib
import os
import tempfile
import uuid
from abc import ABC, abstractmethod
from collections.abc import Generator
from pathlib import Path
from typing import ClassVar
from urllib.parse import SplitResult, urlsplit

from tests.servers.forwarder import Forwarder
from tests.servers.ports import free_port
from tests.servers.program import Program
from tests.servers.waiting import wait_until


class Server(ABC):
    """A server with a fresh database for each test. A test can stop it and start it again on the same port."""

    variable: ClassVar[str]
    """The environment variable with the URL of a server to use instead of a new one."""
    default_port: ClassVar[int]
    scheme: ClassVar[str]
    query: ClassVar[str] = ""

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="slipway-", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)
        self.port = free_port()
        given = urlsplit(os.environ.get(self.variable, ""))
        self._backend = self._forwarder(given) if given.scheme else self.program()
        login = given.netloc.rpartition("@")[0] if given.scheme else "slipway:slip%20way"
        host = f"{login}@127.0.0.1:{self.port}" if login else f"127.0.0.1:{self.port}"
        self.url = SplitResult(given.scheme or self.scheme, host, given.path, given.query or self.query, "")

    @abstractmethod
    def program(self) -> Program:
        """Return the program, which listens on `self.port` and keeps its data in `self.folder`."""

    @classmethod
    def version(cls) -> str | None:
        """Return the version of the program; `None` for a server that runs elsewhere, because it can be replaced."""
        return None if cls.variable in os.environ else cls.program_version()

    @classmethod
    @abstractmethod
    def program_version(cls) -> str: ...

    @abstractmethod
    def answers(self) -> bool:
        """Return whether the server answers, or raise an exception with the reason."""

    @abstractmethod
    def create(self, name: str) -> None: ...

    @abstractmethod
    def drop(self, name: str) -> None: ...

    def start(self) -> None:
        if not self._backend.runs:
            self._backend.start()
            wait_until(self._answers, seconds=60, what=f"{self.scheme} answers on port {self.port}")

    def stop(self) -> None:
        self._backend.stop()

    def kill(self) -> None:
        """End the server as a crash does."""
        assert isinstance(self._backend, Program), "a server that runs elsewhere cannot be killed"
        self._backend.kill()

    @contextlib.contextmanager
    def frozen(self) -> Generator[None]:
        """Freeze the server: connections stay open, and nobody answers."""
        assert isinstance(self._backend, Program), "a server that runs elsewhere cannot be frozen"
        with self._backend.frozen():
            yield

    @contextlib.contextmanager
    @abstractmethod
    def refusing(self) -> Generator[None]:
        """Make the server answer each write with an error, as one does that is read-only or not the primary."""
        yield

    def close(self) -> None:
        self.stop()
        self._temporary.cleanup()

    @contextlib.contextmanager
    def database(self) -> Generator[str]:
        """Yield the URL of an empty database, which is dropped afterwards."""
        self.start()
        name = f"slipway_{uuid.uuid4().hex[:12]}"
        self.create(name)
        try:
            yield self.url._replace(path=f"/{name}").geturl()
        finally:
            self.start()
            self.drop(name)

    def forwarder(self) -> Forwarder:
        """Return a forwarder to the server, which can be cut while the server runs on."""
        return Forwarder(free_port(), ("127.0.0.1", self.port))

    def _answers(self) -> bool:
        return self._backend.check() and self.answers()

    def _forwarder(self, given: SplitResult) -> Forwarder:
        return Forwarder(self.port, (given.hostname or "127.0.0.1", given.port or self.default_port))
