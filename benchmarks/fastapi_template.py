"""The service that PyPI's `fastapi-template` generates, on PostgreSQL and with its example."""

import os
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

from benchmarks.contenders import Contender
from tests.environments import FOREIGN

PACKAGE = "fastapi-template==6.1.2"
ANSWERS = ("--api-type=rest", "--db=postgresql", "--orm=sqlalchemy", "--ci=none", "--dummy", "--routers")
NAME = "peer"
COMMAND = ["uvx", "--from", PACKAGE, "fastapi_template", "--quiet", f"--name={NAME}", *ANSWERS]


def generate(folder: Path, python: str) -> Path:
    """Generate the service; its hook makes the environment and the first commit."""
    environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    subprocess.run(COMMAND, cwd=folder, check=True, capture_output=True, env=environment | {"UV_PYTHON": python})
    return folder / NAME


def contender(service: Path, url: str) -> Contender:
    """Return a contender that serves it as its README says, with this database."""
    address = urlsplit(url)
    database = {
        "HOST": address.hostname or "",
        "PORT": str(address.port),
        "USER": address.username or "",
        "PASS": unquote(address.password or ""),
        "BASE": address.path.removeprefix("/"),
    }
    settings = {f"{NAME.upper()}_DB_{name}": value for name, value in database.items()}
    return Contender(
        ["uv", "run", "python", "-m", NAME], service, settings | {f"{NAME.upper()}_PORT": "{port}"}, ready="/api/health"
    )
