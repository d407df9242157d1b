"""MariaDB or MySQL, from the system."""

import os
import sys
from pathlib import Path

from kit.sql.mysql import DEFAULT_URL, SCHEMES
from kit.testing.local.programs import Command, in_system, run_to_end
from kit.testing.local.server import ADDRESS, Server

# The user is as root: the tests create databases.
LOGIN = """CREATE DATABASE IF NOT EXISTS `{database}` CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS '{user}'@'%' IDENTIFIED BY '{password}';
GRANT ALL ON *.* TO '{user}'@'%';
"""


class MySQL(Server):
    """A MariaDB or MySQL server."""

    name = "MariaDB or MySQL"
    schemes = SCHEMES
    default_url = DEFAULT_URL
    advice = "install MariaDB (Debian: apt-get install mariadb-server; macOS: brew install mariadb)"

    @classmethod
    def in_system(cls) -> Path | None:
        return in_system("mariadbd", "mysqld")

    def create(self, program: Path, folder: Path) -> None:
        script = in_system("mariadb-install-db") if program.name == "mariadbd" else None
        mariadb, mysql = ("--auth-root-authentication-method=normal", "--skip-test-db"), ("--initialize-insecure",)
        options = ["--no-defaults", *(mariadb if script else mysql), *_user(), f"--datadir={folder}"]
        run_to_end([script or program, *options])

    def command(self, program: Path) -> Command:
        login = self.folder / "login.sql"
        values = {"database": self.path, "user": self.user, "password": self.password}
        login.write_text(LOGIN.format_map({name: value.replace("'", "''") for name, value in values.items()}), "utf-8")
        socket = [f"--socket={self.folder / 'socket'}", f"--pid-file={self.folder / 'pid'}"]
        address = [f"--bind-address={ADDRESS}", f"--port={self.port}", "--skip-name-resolve", *socket]
        return [program, "--no-defaults", *_user(), f"--datadir={self.folder}", f"--init-file={login}", *address]


def _user() -> list[str]:
    return ["--user=root"] if sys.platform != "win32" and os.geteuid() == 0 else []
