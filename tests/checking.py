"""The tools that check a tree of Python files."""

import os
import subprocess
import sys
from pathlib import Path

from tests.environments import Environment

# What a service declares and does not import itself, and who does.
UNIMPORTED = {"cryptography": "asyncmy, to log in to MySQL 8 without TLS"}
# Modules that the standard library has only in later versions than the one that runs this.
NEWER = {"compression"}


def ruff(folder: Path, *paths: Path) -> str:
    """Return what ruff reports and would format in a folder or in some of its files, by the folder's configuration."""
    # Without a cache, so that nothing is left in the tree.
    commands = (["check", "--quiet", "--output-format", "concise"], ["format", "--quiet", "--check"])
    files = [str(path) for path in paths] or ["."]
    return "".join(_output("ruff", *command, "--no-cache", *files, cwd=folder) for command in commands)


def deptry(folder: Path, environment: Environment) -> str:
    """Return the undeclared imports and the unused dependencies."""
    ignored = f"DEP001={'|'.join(NEWER)},DEP002={'|'.join(UNIMPORTED)}"
    options = ("--no-ansi", "--extend-exclude=kit/test", f"--per-rule-ignores={ignored}")
    # It looks the names of a package's modules up in what it can import itself.
    return _output("deptry", ".", *options, cwd=folder, PYTHONPATH=str(environment.site_packages))


def pyright(folder: Path, environment: Environment, *modules: Path) -> str:
    """Return what the environment's pyright reports in a folder or in some modules, by the folder's configuration."""
    run = environment.run("-m", "pyright", "--pythonpath", str(environment.python), *map(str, modules), cwd=folder)
    return run.stdout if run.returncode else ""


def _output(tool: str, *arguments: str, cwd: Path, **variables: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", tool, *arguments],
        cwd=cwd,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return run.stdout if run.returncode else ""
