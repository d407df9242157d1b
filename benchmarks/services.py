"""Rendered services for benchmarks, each with its own environment and its real server."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.combinations import ROOT, Answer, configuration
from tests.environments import Environment, environment_of, pythons
from tests.servers import Server, Servers
from tests.servers.oidc import Oidc
from tests.servers.redis import Redis
from tests.template import commit_working_tree, render


@dataclass(frozen=True)
class Subject:
    """A service, and the settings with which it finds its server."""

    path: Path
    environment: Environment
    settings: dict[str, str]

    def run(self, workload: str, *arguments: str) -> Any:
        """Run a module of `benchmarks.workloads` in the service's folder, and return the JSON in its last line."""
        path = os.pathsep.join(map(str, (self.path, ROOT)))
        module = f"benchmarks.workloads.{workload}"
        run = self.environment.run("-m", module, *arguments, cwd=self.path, PYTHONPATH=path, **self.settings)
        if run.returncode:
            raise RuntimeError(run.stdout)
        return json.loads(run.stdout.splitlines()[-1])

    def command(self, *arguments: str) -> None:
        """Run a command of the service, such as `migrate`."""
        run = self.environment.run("-m", "app", *arguments, cwd=self.path, **self.settings)
        if run.returncode:
            raise RuntimeError(run.stdout)

    def install(self, *packages: str) -> None:
        """Install packages that the service does not declare."""
        subprocess.run(["uv", "pip", "install", "-q", "-p", str(self.environment.python), *packages], check=True)

    def versions(self, *packages: str) -> list[str]:
        """Return the versions of these packages in the service's environment."""
        code = f"from importlib.metadata import version\nfor each in {packages}: print(each, version(each))"
        return self.environment.run("-c", code, cwd=self.path).stdout.splitlines()


@contextmanager
def subjects(*wanted: Mapping[str, Answer], python: str = sys.executable) -> Generator[list[Subject]]:
    """Render services with these answers and start their servers; the services run on this interpreter."""
    with tempfile.TemporaryDirectory(prefix="slipway-") as temporary:
        folder = Path(temporary)
        commit_working_tree(folder / "repository")
        servers = Servers()
        try:
            yield [_subject(folder, answers, servers, python, number) for number, answers in enumerate(wanted)]
        finally:
            servers.close()


def default_python() -> tuple[str, str]:
    """Return the default interpreter of services, or else the present one, and its version."""
    default = str(configuration()["python_version"]["default"])
    found = pythons()[default] or sys.executable
    version = subprocess.run([found, "-V"], capture_output=True, check=True, text=True).stdout
    return found, version.split()[1]


def _subject(folder: Path, answers: Mapping[str, Answer], servers: Servers, python: str, number: int) -> Subject:
    path = folder / ",".join(map(str, answers.values()))
    render(folder / "repository", path, answers)
    settings: dict[str, str] = {}
    for setting, server in servers.behind(answers).items():
        server.start()
        server.create(f"benchmark{number}")
        settings[setting] = _url(server, number)
    return Subject(path, environment_of(path, folder / "environments", python), settings)


def _url(server: Server, number: int) -> str:
    if isinstance(server, Oidc):
        return server.issuer
    return server.url._replace(path=f"/{number}" if isinstance(server, Redis) else f"/benchmark{number}").geturl()
