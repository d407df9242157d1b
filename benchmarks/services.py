"""Rendered services for benchmarks: each with its own environment and its real server."""

import json
import os
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.combinations import ROOT, Answer
from tests.environments import Environment, environment_of
from tests.servers import Servers
from tests.template import commit_working_tree, render


@dataclass(frozen=True)
class Subject:
    """A service, and the settings under which it finds its server."""

    path: Path
    environment: Environment
    settings: dict[str, str]

    def run(self, workload: str, *arguments: str) -> Any:
        """Run a module of `benchmarks.workloads` among the service's own; give what its last line says in JSON."""
        path = os.pathsep.join(map(str, (self.path, ROOT)))
        module = f"benchmarks.workloads.{workload}"
        run = self.environment.run("-m", module, *arguments, cwd=self.path, PYTHONPATH=path, **self.settings)
        if run.returncode:
            raise RuntimeError(run.stdout)
        return json.loads(run.stdout.splitlines()[-1])


@contextmanager
def subjects(*wanted: Mapping[str, Answer]) -> Generator[list[Subject]]:
    """Render services with these answers, and start what they need."""
    with tempfile.TemporaryDirectory(prefix="slipway-") as temporary:
        folder = Path(temporary)
        commit_working_tree(folder / "repository")
        servers = Servers()
        try:
            yield [_subject(folder, answers, servers) for answers in wanted]
        finally:
            servers.close()


def _subject(folder: Path, answers: Mapping[str, Answer], servers: Servers) -> Subject:
    path = folder / ",".join(map(str, answers.values()))
    render(folder / "repository", path, answers)
    settings: dict[str, str] = {}
    for setting, server in servers.behind(answers).items():
        server.start()
        server.create("benchmark")
        settings[setting] = server.url._replace(path="/benchmark").geturl()
    return Subject(path, environment_of(path, folder / "environments"), settings)
