"""From a command to a service that answers, with several generators: `uv run python -m benchmarks.generator`."""

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks import fastapi_template, report, rounds
from benchmarks.contenders import Contender, answers
from benchmarks.services import default_python
from tests.environments import FOREIGN
from tests.servers import Servers
from tests.servers.ports import free_port
from tests.servers.waiting import wait_until
from tests.template import commit_working_tree

DJANGO = "https://github.com/cookiecutter/cookiecutter-django"
FULLEST = ("-d", "database=postgres", "-d", "scheduler=taskiq", "-d", "store=redis", "-d", "temp_files=true")
POSTGRES = ("-d", "database=postgres")
COPY = ("uvx", "copier", "copy", "--defaults", "--quiet")
SLIPWAY = "Slipway"
OTHER = "fastapi-template"
HEAD = ("what", "by", "files", "seconds", "it ÷ Slipway")
NOTE = """# Generators

{machine}

`uv run python -m benchmarks.generator --rounds {rounds}`: seconds, medians; ratios compare the same round: least /
median / most; more than 1 is slower than Slipway.

*copy* is the generator alone. *Slipway* copies the fullest service on PostgreSQL (taskiq, a store on Redis, temporary
files). A *template of one file*, by the same Copier, is the lower limit. The others generate a service on PostgreSQL
with little else. Their hooks run, except for the calls of `git` and `uv` in them, which do nothing here.

*first 200* is the time from the command to the first answer of a service on a running PostgreSQL: copy, make the
environment, start. *cold* makes a new environment, in which nothing is compiled; *warm* uses one that another such
service has used. Packages come from uv's cache. Here {other}'s hook does everything: it makes the environment and a
commit, and runs pre-commit, whose hooks this machine could not download. cookiecutter-django is not started, because
it needs Python 3.14, which this machine does not have.

{table}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--django", default=DJANGO, help="where cookiecutter-django is")
    asked = parser.parse_args()
    python, version = default_python()
    servers = Servers()
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        try:
            commit_working_tree(Path(folder) / "slipway")
            postgres = servers.behind({"database": "postgres"})["DATABASE_URL"]
            postgres.start()
            postgres.create("benchmark")
            url = postgres.url._replace(path="/benchmark").geturl()
            rows = [
                *_copies(Path(folder), asked.django, asked.rounds),
                *_starts(Path(folder), url, python, asked.rounds),
            ]
        finally:
            servers.close()
    versions = [_version("copier"), _version("cookiecutter"), fastapi_template.PACKAGE.replace("==", " ")]
    text = NOTE.format(
        machine=report.machine(versions, version), rounds=asked.rounds, other=OTHER, table=report.table(HEAD, rows)
    )
    report.write("generator", text)


def _copies(work: Path, django: str, count: int) -> list[list[str]]:
    (work / "floor").mkdir()
    (work / "floor/copier.yml").write_text("name:\n  type: str\n  default: world\n", "utf-8")
    (work / "floor/main.py.jinja").write_text("print('Hello {{ name }}')\n", "utf-8")
    stubs = _do_nothing(_empty(work / "stubs"))
    _seconds(["git", "clone", "--quiet", "--depth=1", django, "django"], work, _environment())
    commands = {
        SLIPWAY: [*COPY, *FULLEST, str(work / "slipway"), "."],
        "template of one file": [*COPY, str(work / "floor"), "."],
        OTHER: fastapi_template.COMMAND,
        "cookiecutter-django": ["uvx", "cookiecutter", "--no-input", str(work / "django")],
    }
    measured: dict[str, list[float]] = {name: [] for name in commands}
    files: dict[str, int] = {}
    for name, command in rounds.turns(commands, count + 1):  # the first run downloads what it needs
        destination = _empty(work / "copy")
        hooks = {} if "copier" in command else {"PATH": f"{stubs}:{os.environ['PATH']}"}
        measured[name].append(_seconds(command, destination, _environment() | hooks))
        files[name] = sum(path.is_file() and ".git" not in path.parts for path in destination.rglob("*"))
    return _rows("copy", {name: each[1:] for name, each in measured.items()}, files)


def _starts(work: Path, url: str, python: str, count: int) -> list[list[str]]:
    slipway = Contender(
        ["uv", "run", "python", "-m", "app", "serve", "--port", "{port}"],
        work,
        {"DATABASE_URL": url},
        "/ready",
    )
    generators = {
        SLIPWAY: ([*COPY, *POSTGRES, str(work / "slipway"), "service"], slipway),
        OTHER: (fastapi_template.COMMAND, fastapi_template.contender(work, url)),
    }
    found: list[list[str]] = []
    for state in ("cold", "warm"):
        measured: dict[str, list[float]] = {name: [] for name in generators}
        for name, (command, contender) in rounds.turns(generators, count + 1):
            environment = work / f"environment-{name}"
            if state == "cold" and environment.exists():
                shutil.rmtree(environment)
            options = _environment() | {"UV_PROJECT_ENVIRONMENT": str(environment), "UV_PYTHON": python}
            measured[name].append(_first_answer(command, contender, _empty(work / "start"), options))
        found += _rows(f"first 200, {state}", {name: each[1:] for name, each in measured.items()}, {})
    return found


def _first_answer(command: list[str], contender: Contender, folder: Path, options: Mapping[str, str]) -> float:
    started, port = time.perf_counter(), free_port()
    _seconds(command, folder, options)
    [project] = folder.iterdir()
    program = Contender(contender.command, project, {**contender.settings, **options}).start(port, folder / "log")
    url = f"http://127.0.0.1:{port}{contender.ready}"
    try:
        wait_until(lambda: program.check() and answers(url), seconds=120, what=f"{url} answers 200", pause=0.01)
        return time.perf_counter() - started
    finally:
        program.stop()


def _environment() -> dict[str, str]:
    """Return a developer's usual variables: bytecode is kept, and no virtual environment is active."""
    return {name: value for name, value in os.environ.items() if name not in FOREIGN}


def _seconds(command: list[str], folder: Path, environment: Mapping[str, str]) -> float:
    started = time.perf_counter()
    run = subprocess.run(command, cwd=folder, check=False, capture_output=True, env=environment, text=True, timeout=300)
    if run.returncode:
        raise RuntimeError(run.stdout + run.stderr)
    return time.perf_counter() - started


def _rows(what: str, measured: Mapping[str, list[float]], files: Mapping[str, int]) -> list[list[str]]:
    medians = {name: f"{sorted(each)[len(each) // 2]:.2f}" for name, each in measured.items()}
    ratios = {name: rounds.ratios(each, measured[SLIPWAY]) for name, each in measured.items() if name != SLIPWAY}
    return [[what, name, str(files.get(name, "")), medians[name], ratios.get(name, "")] for name in measured]


def _do_nothing(folder: Path) -> Path:
    """Make a folder with a `git` and a `uv` that do nothing and succeed."""
    for name in ("git", "uv"):
        (folder / name).write_text("#!/bin/sh\n", "utf-8")
        (folder / name).chmod(0o755)
    return folder


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _version(tool: str) -> str:
    run = subprocess.run(["uvx", tool, "--version"], check=True, capture_output=True, text=True)
    return " ".join(run.stdout.split()[:2])


if __name__ == "__main__":
    main()
