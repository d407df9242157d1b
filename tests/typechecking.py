"""Type-checks services in few runs of pyright, which read the libraries and check what services share only once."""

import json
import math
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.environments import Environment
from tests.imports import closures
from tests.template import Service

# So many files in one run stay below two gigabytes; a run costs 7 s, each file in it 40 ms.
FILES = 1400

Complaints = dict[str, list[str]]
Diagnostic = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """A file that is the same in some services, with all that it imports: it is checked in the first of them."""

    name: str
    services: list[Service]

    @property
    def path(self) -> Path:
        """Return where it is below the folder of all services."""
        return Path(self.services[0].path.name, self.name)


def pyright_together(services: list[Service], environment: Environment) -> Complaints:
    """Return what pyright says of each service, by the service's id."""
    complaints: Complaints = {service.id: [] for service in services}
    configuration = _configuration(services)
    for batch in _batches(sources_of(services)):
        sources = {source.path: source for source in batch}
        folder = services[0].path.parent
        for each in _diagnostics(folder, {**configuration, "include": [*map(str, sources)]}, environment):
            source = sources[Path(each["file"]).relative_to(folder)]
            for service in source.services:
                complaints[service.id].append(_line(source.name, each))
    return complaints


def sources_of(services: Iterable[Service]) -> list[Source]:
    """Return all files of the services, each that some share only once, in the order of the services."""
    having: dict[tuple[str, str], list[Service]] = defaultdict(list)
    for service in services:
        for name, closure in closures(_texts(service)).items():
            having[name, closure].append(service)
    return [Source(name, those) for (name, _), those in having.items()]


def _texts(service: Service) -> dict[str, str]:
    paths = (path for path in service.files() if path.suffix in {".py", ".pyi"})
    return {path.relative_to(service.path).as_posix(): path.read_text("utf-8") for path in paths}


def _configuration(services: Iterable[Service]) -> dict[str, Any]:
    """Return the configuration that all services share, in which each imports from itself."""
    common, *others = (tomllib.loads(service.read("pyproject.toml"))["tool"]["pyright"] for service in services)
    assert all(other == common for other in others), (common, others)
    return {**common, "executionEnvironments": [{"root": service.path.name} for service in services]}


def _batches(sources: list[Source]) -> Iterator[list[Source]]:
    size = math.ceil(len(sources) / math.ceil(len(sources) / FILES))
    return (sources[start : start + size] for start in range(0, len(sources), size))


def _diagnostics(folder: Path, configuration: dict[str, Any], environment: Environment) -> list[Diagnostic]:
    # Beside the services, because pyright takes only what is below its configuration.
    (folder / "pyright.json").write_text(json.dumps(configuration))
    options = ("--outputjson", "--project", "pyright.json", "--pythonpath", str(environment.python))
    run = environment.run("-m", "pyright", *options, cwd=folder)
    report = json.loads(run.stdout[run.stdout.index("{") :])
    assert report["summary"]["filesAnalyzed"] == len(configuration["include"]), run.stdout
    return report["generalDiagnostics"]


def _line(name: str, diagnostic: Diagnostic) -> str:
    return f"{name}:{diagnostic['range']['start']['line'] + 1}: {diagnostic['message']} ({diagnostic.get('rule', '')})"
