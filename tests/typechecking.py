"""Type-checks many services in one run of pyright, which reads the libraries once instead of once for each."""

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.environments import Environment
from tests.template import Service

Complaints = dict[str, list[str]]


def pyright_together(services: list[Service], environment: Environment, name: str) -> Complaints:
    """Return what pyright says of each service, by the service's id, each by its own configuration and imports."""
    roots = {str(service.path): service.id for service in services}
    # Beside the services, because pyright takes only what is below its configuration.
    configuration = services[0].path.with_name(f"{name}.json")
    configuration.write_text(json.dumps(_configuration(services)))
    options = ("--outputjson", "--project", str(configuration), "--pythonpath", str(environment.python))
    run = environment.run("-m", "pyright", *options, cwd=configuration.parent)
    report = json.loads(run.stdout[run.stdout.index("{") :])
    assert report["summary"]["filesAnalyzed"] >= sum(_count(service) for service in services), run.stdout
    complaints: Complaints = defaultdict(list)
    for each in report["generalDiagnostics"]:
        root = next(root for root in roots if Path(each["file"]).is_relative_to(root))
        complaints[roots[root]].append(_line(each, root))
    return complaints


def _configuration(services: Iterable[Service]) -> dict[str, Any]:
    """Join the configurations of the services, which differ in what they include and in nothing else."""
    tables = {service.path: tomllib.loads(service.read("pyproject.toml"))["tool"]["pyright"] for service in services}
    include = [f"{path.name}/{part}" for path, table in tables.items() for part in table.pop("include", ["."])]
    common, *others = tables.values()
    assert all(other == common for other in others), tables
    return {**common, "include": include, "executionEnvironments": [{"root": path.name} for path in tables]}


def _count(service: Service) -> int:
    return sum(path.suffix == ".py" for path in service.files())


def _line(diagnostic: dict[str, Any], root: str) -> str:
    where = Path(diagnostic["file"]).relative_to(root)
    return f"{where}:{diagnostic['range']['start']['line'] + 1}: {diagnostic['message']} ({diagnostic.get('rule', '')})"
