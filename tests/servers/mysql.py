"""MySQL or MariaDB: an installed one, or one that apt-get installs."""

import contextlib
import os
from collections.abc import Generator
from pathlib import Path
from urllib.parse import unquote

import pymysql

from tests.servers.finding import apt_install, find_program, version_of
from tests.servers.program import Program, run_to_end
from tests.servers.sql import SQLServer

MISSING = """There is no MySQL or MariaDB. Install one (Debian: apt-get install mariadb-server; macOS: brew install
mariadb), or set TEST_MYSQL_URL=mysql://user:password@host/mysql to use one that runs somewhere."""
USER = """CREATE USER IF NOT EXISTS 'slipway'@'%' IDENTIFIED BY 'slip way';
GRANT ALL ON *.* TO 'slipway'@'%';
/*M! REVOKE READ ONLY ADMIN ON *.* FROM 'slipway'@'%' */;
"""
# Test data does not have to survive a power failure.
FAST = ("skip-log-bin", "innodb-flush-log-at-trx-commit=2", "innodb-buffer-pool-size=32M", "skip-name-resolve")


class MySQL(SQLServer):
    """A MySQL or MariaDB server."""

    variable = "TEST_MYSQL_URL"
    default_port = 3306
    scheme = "mysql"

    @classmethod
    def program_version(cls) -> str:
        return version_of(_binary())

    def program(self) -> Program:
        binary = _binary()
        (self.folder / "user.sql").write_text(USER)
        # A server empties its temporary folder when it starts, so each server has its own.
        where = [f"--datadir={self.folder / 'data'}", f"--tmpdir={self.folder}"]
        where += ["--user=root"] if os.geteuid() == 0 else []
        self._initialise(binary, where)
        options = [f"--{option}" for option in (*FAST, f"init-file={self.folder / 'user.sql'}")]
        options += ["--default-time-zone=+05:00"]  # so that tests notice times that are not in UTC
        address = [f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={self.folder / 'socket'}"]
        return Program([binary, "--no-defaults", *where, *address, *options], self.folder / "log")

    def execute(self, statement: str) -> None:
        user, password = self.url.username or "", unquote(self.url.password or "")
        connection = pymysql.connect(host="127.0.0.1", port=self.port, user=user, password=password, connect_timeout=5)
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)

    @contextlib.contextmanager
    def refusing(self) -> Generator[None]:
        self._set_read_only("ON")
        try:
            yield
        finally:
            self._set_read_only("OFF")

    def _set_read_only(self, value: str) -> None:
        """Set what stops this user's writes: in MySQL, `read_only` alone does not stop one with all privileges."""
        mysql = "SET GLOBAL super_read_only = {0}; SET GLOBAL read_only = {0}"
        mariadb = "SET GLOBAL read_only = {0}"
        socket = str(self.folder / "socket")
        commands = mariadb if "MariaDB" in self.program_version() else mysql
        with pymysql.connect(unix_socket=socket, user="root") as connection, connection.cursor() as cursor:
            for command in commands.format(value).split(";"):
                cursor.execute(command)

    def _initialise(self, binary: Path, where: list[str]) -> None:
        script = find_program("mariadb-install-db")
        command = (
            [str(script), "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", *where]
            if script
            else [str(binary), "--no-defaults", "--initialize-insecure", *where]
        )
        run_to_end(command)


def _binary() -> Path:
    if not (found := find_program("mariadbd", "mysqld")):
        apt_install("mariadb-server", otherwise=MISSING)
        found = find_program("mariadbd", "mysqld")
    if not found:
        raise RuntimeError(MISSING)
    return found
