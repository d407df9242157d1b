"""What servers that speak SQL have in common."""

from abc import abstractmethod

from tests.servers.server import Server


class SQLServer(Server):
    """A server that is told in SQL what to do."""

    @abstractmethod
    def execute(self, statement: str) -> None: ...

    def answers(self) -> bool:
        self.execute("SELECT 1")
        return True

    def create(self, name: str) -> None:
        self.execute(f"CREATE DATABASE {name}")

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE {name}")
