"""An identity provider, which signs tokens for the services of the tests."""

import contextlib
import importlib.metadata
import sys
from collections.abc import Generator
from pathlib import Path

import httpx2

from tests.servers.program import Program
from tests.servers.server import Server


class Oidc(Server):
    """A provider whose tokens have all scopes of the example."""

    variable = "TEST_OIDC_URL"
    default_port = 80
    scheme = "http"

    @classmethod
    def program_version(cls) -> str:
        return importlib.metadata.version("joserfc")

    def program(self) -> Program:
        command = [sys.executable, "-P", Path(__file__).with_name("identity.py"), str(self.port)]
        return Program(command, self.folder / "log", cwd=self.folder)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/default"

    def token(self) -> str:
        return httpx2.get(f"{self.issuer}/token", trust_env=False, timeout=5).text

    def answers(self) -> bool:
        return httpx2.get(f"{self.issuer}/jwks", trust_env=False, timeout=5).is_success

    def create(self, name: str) -> None:
        """Do nothing: a provider keeps nothing."""

    def drop(self, name: str) -> None:
        """Do nothing."""

    @contextlib.contextmanager
    def database(self) -> Generator[str]:
        """Yield the issuer."""
        self.start()
        yield self.issuer

    @contextlib.contextmanager
    def refusing(self) -> Generator[None]:
        self.stop()
        yield
        self.start()
