"""The base class of servers that run on this machine without Docker."""

import os
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from kit.testing.local.programs import Command, ServerError, in_wheel

ADDRESS = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 30


class Server(ABC):
    """A server at a URL of this machine, with its data in a folder; the first start creates the data and the login."""

    name: ClassVar[str]
    setting: ClassVar[str] = "URL"
    """The end of the name of the settings that point at such a server."""
    schemes: ClassVar[Collection[str]]
    default_url: ClassVar[str]
    wheel: ClassVar[str] = ""
    program_in_wheel: ClassVar[str] = ""
    advice: ClassVar[str] = ""
    """What to install, if there is no wheel with the program."""
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, url: str, data: Path, password: str = "") -> None:
        parts, default_port = urlsplit(url), urlsplit(self.default_url).port
        self.url = url
        self.port = parts.port or default_port or 0
        self.user = unquote(parts.username or "")
        self.password = password or unquote(parts.password or "")
        self.path = unquote(parts.path.removeprefix("/"))
        name = type(self).__name__.lower()
        self.folder = data.absolute() / (name if self.port == default_port else f"{name}-{self.port}")
        self._log = self.folder.with_name(f"{self.folder.name}.log")
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def find(cls) -> Path | None:
        """Return the program of the wheel, else of the system."""
        return (in_wheel(cls.wheel, cls.program_in_wheel) if cls.wheel else None) or cls.in_system()

    @classmethod
    @abstractmethod
    def in_system(cls) -> Path | None:
        """Return the program that the system has."""

    def create(self, program: Path, folder: Path) -> None:  # noqa: ARG002 - of the others
        """Create the data in this folder, which does not exist."""
        folder.mkdir()

    @abstractmethod
    def command(self, program: Path) -> Command:
        """Return the command that runs the server on `port`, with its data in `folder`."""

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def port_is_free(self) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a former server may remain
            with suppress(OSError):
                probe.bind((ADDRESS, self.port))
                return True
        return False

    def start(self) -> None:
        """Start the server and wait until it answers; raise `ServerError` if it does not."""
        if not (program := self.find()):
            raise ServerError(f"there is no {self.name} on this machine")
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        if not self.folder.exists():
            new = self.folder.with_name(f"{self.folder.name}.new")  # what an interrupted start leaves is not the data
            shutil.rmtree(new, ignore_errors=True)
            self.create(program, new)
            new.rename(self.folder)
        with self._log.open("wb") as log:
            # In a session of its own, Ctrl+C reaches only this process, which then stops the server.
            self._process = subprocess.Popen(
                self.command(program), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._wait()
        self.add_login()

    def stop(self) -> None:
        """Ask the server to stop, and wait for it; after a time, or at a second Ctrl+C, kill it."""
        if (process := self._process) is None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(self.stop_signal)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def answers(self) -> bool:
        """Return whether the server takes connections."""
        with suppress(OSError), socket.create_connection((ADDRESS, self.port), timeout=1):
            return True
        return False

    def add_login(self) -> None:  # noqa: B027 - most have it from their data or their options
        """Add the login of the URL to the running server."""

    def hint(self) -> str:
        """Return what else to say about the running server."""
        return ""

    def last_words(self) -> str:
        """Return the end of the log, and where it is."""
        lines = self._log.read_text("utf-8", errors="replace").splitlines()
        return "\n".join([f"{self.name} has ended; the last lines of {self._log}:", *lines[-5:]])

    @property
    def process_id(self) -> int:
        return self._process.pid if self._process else 0

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if not self.runs:
                raise ServerError(self.last_words())
            if time.monotonic() > deadline:
                raise ServerError(f"{self.name} does not answer on port {self.port}; its log is {self._log}")
            time.sleep(0.05)


@contextmanager
def temporary(kind: type[Server]) -> Generator[str]:
    """Run a server on a free port for a while, and yield its URL; nothing of it remains."""
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port = probe.getsockname()[1]
    default = urlsplit(kind.default_url)
    url = default._replace(netloc=default.netloc.replace(f":{default.port}", f":{port}")).geturl()
    with TemporaryDirectory(prefix="servers-", ignore_cleanup_errors=os.name == "nt") as folder:
        server = kind(url, Path(folder))
        try:
            server.start()
            yield url
        finally:
            server.stop()
