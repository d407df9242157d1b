"""How long a service takes to start, and how much memory and disk it uses: `uv run python -m benchmarks.start`."""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import contenders, report, rounds
from benchmarks.contenders import answers
from benchmarks.services import Subject, default_python, subjects
from tests.combinations import Answer
from tests.environments import environment_of
from tests.servers.ports import free_port
from tests.servers.waiting import wait_until

SERVICES: dict[str, dict[str, Answer]] = {
    "plainest": {"database": "none", "example": False},
    "defaults": {"database": "sqlite"},
    "fullest": {"database": "postgres", "scheduler": "taskiq", "store": "redis", "temp_files": True},
}
WORKERS = (1, 4)
TIMES = ("service", "app.main is imported", "ready, for the first time", "ready, again")
SIZES = ("service", "site-packages, MB", "app, KB", "Python files")
MEMORY = ("service", *(f"MiB with {workers} worker{'s' * (workers > 1)}" for workers in WORKERS))
NOTE = """# Start and size

{machine}

`uv run python -m benchmarks.start --rounds {rounds}`: medians. *plainest* has no database and no example, *defaults*
is what `--defaults` renders, and *fullest* has PostgreSQL, taskiq, a store on Redis and temporary files. "Ready" is
the time in seconds from the command `python -m app serve` until `GET /ready` answers 200. *For the first time* means
that nothing is compiled yet (as in a new environment); *again* means that everything is.

{times}

The memory of all processes together when the service is ready, with each shared page counted once (PSS):

{memory}

What the image contains besides Python itself: the dependencies, without the development tools, and the code.

{sizes}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    python, version = default_python()
    with subjects(*SERVICES.values(), python=python) as services:
        named = dict(zip(SERVICES, services, strict=True))
        for name, answers_given in SERVICES.items():
            if answers_given["database"] != "none":
                named[name].command("migrate")
        times = _times(named, asked.rounds)
        memory = [
            [name, *(f"{_memory(service, workers):.0f}" for workers in WORKERS)] for name, service in named.items()
        ]
        sizes = [[name, *_sizes(service)] for name, service in named.items()]
    tables = {
        "times": report.table(TIMES, times),
        "memory": report.table(MEMORY, memory),
        "sizes": report.table(SIZES, sizes),
    }
    report.write("start", NOTE.format(machine=report.machine([], version), **vars(asked), **tables))


def _times(services: dict[str, Subject], count: int) -> list[list[str]]:
    measured: dict[str, list[tuple[float, ...]]] = {name: [] for name in services}
    for name, service in rounds.turns(services, count):
        _forget_bytecode(service)
        first, again = _ready(service), _ready(service)
        measured[name].append((_import(service), first, again))
    medians = {name: map(statistics.median, zip(*each, strict=True)) for name, each in measured.items()}
    return [[name, *(f"{seconds:.2f}" for seconds in each)] for name, each in medians.items()]


def _import(service: Subject) -> float:
    started = time.perf_counter()
    run = service.environment.run("-c", "import app.main", cwd=service.path, **service.settings)
    seconds = time.perf_counter() - started
    if run.returncode:
        raise RuntimeError(run.stdout)
    return seconds


def _ready(service: Subject) -> float:
    """Return the seconds from the command until the service is ready."""
    contender, port = contenders.ours(service), free_port()
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        program = contender.start(port, Path(folder) / "log")
        try:
            url = f"http://127.0.0.1:{port}/ready"
            what = f"{service.path.name} is ready"
            wait_until(lambda: program.check() and answers(url), seconds=60, what=what, pause=0.005)
            return time.perf_counter() - started
        finally:
            program.stop()


def _forget_bytecode(service: Subject) -> None:
    for folder in (service.path, service.environment.folder):
        for cache in folder.rglob("__pycache__"):
            shutil.rmtree(cache)


def _memory(service: Subject, workers: int) -> float:
    """Return the memory of a ready service in MiB, when it has stopped growing; Linux only."""
    with contenders.running({"service": contenders.ours(service, workers=workers)}) as urls:
        port = urls["service"].rpartition(":")[2]
        before, now = 0, _kilobytes(port)
        while now > before * 1.01:  # other workers are still importing
            time.sleep(1)
            before, now = now, _kilobytes(port)
        return now / 1024


def _kilobytes(port: str) -> int:
    return sum(_share(process) for process in Path("/proc").glob("[0-9]*") if _serves(process, port))


def _serves(process: Path, port: str) -> bool:
    try:
        return port in (process / "cmdline").read_text("utf-8").split("\0")
    except OSError:  # the process has ended
        return False


def _share(process: Path) -> int:
    lines = (process / "smaps_rollup").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _sizes(service: Subject) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        environment = environment_of(service.path, Path(folder), str(service.environment.python), "--no-dev")
        yield f"{_size(environment.site_packages) / 1e6:.0f}"
    yield f"{_size(service.path / 'app') / 1e3:.0f}"
    yield str(len(list((service.path / "app").rglob("*.py"))))


def _size(folder: Path) -> int:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return sum(path.stat().st_size for path in files)


if __name__ == "__main__":
    main()
