"""The base class of servers that understand SQL."""

from abc import abstractmethod

from tests.servers.server import Server


class SQLServer(Server):
    """A server on which SQL statements create and drop databases."""

    @abstractmethod
    def execute(self, statement: str) -> None: ...

    def answers(self) -> bool:
        self.execute("SELECT 1")
        return True

    def create(self, name: str) -> None:
        self.execute(f"CREATE DATABASE {name}")

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE {name}")
