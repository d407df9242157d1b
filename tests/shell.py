"""The shell of a reader: its programs and its environment variables."""

import os
import shutil
import sys
from pathlib import Path

from tests.environments import FOREIGN, clean_environ

# The variables that say where this machine gets packages.
FETCHING = {
    name: value
    for name, value in os.environ.items()
    if (name.startswith(("UV_", "SSL_")) or name.lower().endswith("_proxy")) and name not in FOREIGN
}
SHIMS = {
    "uvx": '[ "$1" = copier ] && shift && exec "{python}" -m copier "$@"',
    "pip": '[ "$*" = "install uv" ]',  # it is installed
    "uv": 'exec "{uv}" "$@"',
}


def environ(scratch: Path) -> dict[str, str]:
    """Return an environment in which nothing is kept for the next run.

    Only bytecode is kept, next to `scratch`, for the next page that has the same files in the same place.
    """
    here = {
        "PATH": _path(scratch / "bin"),
        "COPIER_CACHE_DIR": str(scratch / "cache"),
        "PYTHONPYCACHEPREFIX": f"{scratch}-compiled",
        "UV_PYTHON": sys.executable,
    }
    elsewhere = {"KUBECONFIG": os.devnull, "COMPOSE_PROJECT_NAME": "slipway-docs"}  # no cluster, and no other project
    return clean_environ(**FETCHING | _git() | here | elsewhere)


def _git() -> dict[str, str]:
    """Configure git: commits have an author."""
    config = {"user.name": "Slipway", "user.email": "slipway@localhost"}
    numbered = [
        pair
        for number, (key, value) in enumerate(config.items())
        for pair in ((f"GIT_CONFIG_KEY_{number}", key), (f"GIT_CONFIG_VALUE_{number}", value))
    ]
    return {"GIT_CONFIG_COUNT": str(len(config)), "GIT_CONFIG_GLOBAL": os.devnull, **dict(numbered)}


def _path(shims: Path) -> str:
    """Return a PATH with the programs of the pages, without those of the environment that runs the tests."""
    shims.mkdir()
    for name, text in SHIMS.items():
        (shims / name).write_text(f"#!/bin/sh\n{text.format(python=sys.executable, uv=shutil.which('uv'))}\n")
        (shims / name).chmod(0o755)
    mine = str(Path(sys.executable).parent)
    return os.pathsep.join([str(shims), *(each for each in os.environ["PATH"].split(os.pathsep) if each != mine)])
