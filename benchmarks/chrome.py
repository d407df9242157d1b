"""What a service costs around its routes: `uv run python -m benchmarks.chrome`."""

import argparse

from benchmarks import contenders, report
from benchmarks.contenders import ours, peer
from benchmarks.load import Request
from benchmarks.services import Subject, default_python, subjects
from tests.combinations import Answer

PLAIN: dict[str, Answer] = {"database": "sqlite"}
FULL: dict[str, Answer] = {"database": "sqlite", "scheduler": "apscheduler", "store": "lmdb", "temp_files": True}
GOAL = 0.85
ROUTE = """
from fastapi import APIRouter
from pydantic import BaseModel

router = APIRouter()


class Small(BaseModel):
    number: int
    done: bool = True


@router.get("/{number}")
async def small(number: int) -> Small:
    return Small(number=number)
"""
REQUESTS = {"GET /": Request("/"), "a small JSON route": Request("/api/small/7")}
NOTE = """# What a service costs around its routes

{machine}

`uv run python -m benchmarks.chrome --seconds {seconds} --rounds {rounds}`: {connections} connections on loopback. All
services run on granian with one worker, on the first core; wrk has the other. *Slipway* is the service with the default
answers in staging: request ids, a log line for each request, one body for all errors, security headers and a limit on
bodies, in front of the same two routes. *Everything on* also has jobs, a store and temporary files. The contenders take
turns; ratios compare the same round: least / median / most.

{table}

{goals}

Where the time goes, in microseconds for each request of the small route, with the application called in its process,
without a server, and parts left out in turn: FastAPI itself takes 44, and the service 75. The line of the log takes 12
of the 31 between them (its context and time 3, structlog's processors and orjson 3, the write 2, the rest is what any
further code costs when the processor's caches hold other code), what the line says of the request 4, the request id 2,
the limit on bodies and the headers 6, and compression, errors and the report of a failed start 3 together. The routes
themselves cost nothing more: `kit/route_table.py` finds an operation as fast as FastAPI finds the only one of the bare
service. Behind a server all of it takes about twice as long, because server and application take turns in the same
caches. A ratio of 0.85 leaves 8 microseconds, less than the line of the log alone.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=32)
    asked = parser.parse_args()
    python, version = default_python()
    body: list[list[str]] = []
    goals: list[report.Goal] = []
    with subjects(PLAIN, FULL, python=python) as [plain, full], contenders.running(_contenders(plain, full)) as urls:
        for what, request in REQUESTS.items():
            targets = {name: (url, request) for name, url in urls.items()}
            options = {"connections": asked.connections, "seconds": asked.seconds, "count": asked.rounds}
            samples = contenders.compare(targets, **options)
            body += [[what, *row] for row in contenders.rows(samples)]
            goals.append(report.Goal(f"{what} ÷ FastAPI", GOAL, contenders.ratio(samples, "FastAPI")))
        versions = plain.versions("fastapi", "starlette", "granian", "uvloop")
    tables = {"table": report.table(("what", *contenders.HEAD), body), "goals": report.goals(goals)}
    report.write("chrome", NOTE.format(machine=report.machine(versions, version), **vars(asked), **tables))


def _contenders(plain: Subject, full: Subject) -> dict[str, contenders.Contender]:
    for service in (plain, full):
        (service.path / "app/api/small.py").write_text(ROUTE, "utf-8")
        service.command("migrate")
    return {
        "Slipway": ours(plain),
        "Slipway, everything on": ours(full),
        "FastAPI": peer(plain.environment, "bare_fastapi"),
        "Starlette": peer(plain.environment, "bare_starlette", ready="/"),
    }


if __name__ == "__main__":
    main()
