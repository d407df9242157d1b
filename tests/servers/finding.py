"""Find the program of a server, or install it."""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

# Debian installs servers in folders that only root has in PATH.
PLACES = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])


def find_program(*names: str) -> Path | None:
    found = (shutil.which(name, path=PLACES) for name in names)
    return next((Path(path) for path in found if path), None)


@functools.cache
def version_of(program: Path) -> str:
    """Return the version that a program prints."""
    return subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout


def apt_install(package: str, *, otherwise: str) -> None:
    """Install a package and say so on the terminal; raise an error with the text `otherwise` if this is not allowed."""
    become_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not find_program("apt-get") or not _succeeds([*become_root, "true"]):
        raise RuntimeError(otherwise)
    with FileLock(Path(tempfile.gettempdir()) / "slipway-apt.lock"):
        for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", package]):
            print(f"\nslipway: {' '.join(command)}", file=sys.stderr, flush=True)  # noqa: T201 - the user must know
            environ = ["env", "DEBIAN_FRONTEND=noninteractive"]
            run = subprocess.run([*become_root, *environ, *command], check=False, capture_output=True, text=True)
            if run.returncode:
                msg = f"{otherwise}\n{run.stdout}{run.stderr}"
                raise RuntimeError(msg)


def _succeeds(command: list[str]) -> bool:
    if not find_program(command[0]):
        return False
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
