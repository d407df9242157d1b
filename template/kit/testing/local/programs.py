"""Finds the programs of servers, and runs them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

Command = Sequence[str | Path]
# Debian installs servers in folders that only root has in PATH.
PLACES = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])


class ServerError(Exception):
    """A server does not run, for the reason in the message."""


def in_wheel(wheel: str, path: str) -> Path | None:
    """Return a program of a wheel, by the end of its path in it; of several, the last one."""
    try:
        found = sorted(str(file.locate()) for file in files(wheel) or [] if file.match(path))
    except PackageNotFoundError:
        return None
    return _executable(Path(found[-1])) if found else None


def in_system(*names: str) -> Path | None:
    """Return the first of these programs that the system has."""
    found = (shutil.which(name, path=PLACES) for name in names)
    return next((Path(path) for path in found if path), None)


def run_to_end(command: Command, text: str = "") -> None:
    """Run a program with this input; raise `ServerError` with what it printed if it fails."""
    run = subprocess.run(command, input=text, check=False, capture_output=True, text=True)
    if run.returncode:
        raise ServerError(f"{' '.join(map(str, command))} failed:\n{run.stdout}{run.stderr}".strip())


def not_as_root(command: Command) -> Command:
    """Return a command for a program that root must not run: then `nobody` runs it, and can read root's files."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return command
    if not (setpriv := in_system("setpriv")):
        raise ServerError(f"root cannot run {command[0]}; run this as another user, or install setpriv (util-linux)")
    user = ["--reuid=65534", "--regid=65534", "--clear-groups", "--securebits=+no_setuid_fixup"]
    return [setpriv, *user, "--inh-caps=+dac_override", "--ambient-caps=+dac_override", *command]


def _executable(program: Path) -> Path:
    if not os.access(program, os.X_OK):
        program.chmod(0o755)
    return program
