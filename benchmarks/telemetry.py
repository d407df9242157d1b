"""What metrics and traces cost a request: `uv run python -m benchmarks.telemetry`."""

import argparse
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from benchmarks import contenders, cores, report
from benchmarks.contenders import ours
from benchmarks.load import Request
from benchmarks.services import Subject, default_python, subjects
from tests.combinations import Answer
from tests.servers.collector import Collector

PLAIN: dict[str, Answer] = {"database": "sqlite", "telemetry": "none"}
OBSERVED: dict[str, Answer] = {"database": "sqlite", "telemetry": "opentelemetry"}
GOAL = 0.9
FIRST, WITHOUT = "1 % sampled", "without telemetry"
RATIOS = {FIRST: "0.01", "0 % sampled": "0", "100 % sampled": "1"}
ROUTE = """
from fastapi import APIRouter

router = APIRouter()


@router.get("")
async def small() -> dict[str, int]:
    return {"number": 7}
"""
REQUESTS = {"a small JSON route": Request("/api/small"), "a list of 20 rows": Request("/api/v1/items")}
NOTE = """# What metrics and traces cost

{machine}

`uv run python -m benchmarks.telemetry --seconds {seconds} --rounds {rounds}`: {connections} connections on loopback.
All services run on granian with one worker in staging, on the first core; wrk has the other, with a collector that
takes the spans and the metrics of each service over OTLP and forgets them. The rows are in SQLite. Metrics count all
requests, whatever is sampled. The contenders take turns; ratios compare the same round: least / median / most.

{table}

{goals}

Where the time goes, in microseconds for each request of the small route, with the application called in its process: it
takes 75 without telemetry, and 146 with 1 % sampled. The SDK's histogram of durations takes 17 of the 71 between them,
and its span, though nobody records it, 8; FastAPI's own part, which reads the context of a trace, names the server and
keeps the request in a context, takes most of the rest. Requests in progress take 2: `kit/telemetry/levels.py` counts
them without the SDK, which takes 20. A ratio of 0.9 leaves 8.
"""


class Sink(Collector):
    """Receives spans, and does not keep them."""

    def receive(self, body: bytes) -> None:
        del body


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--connections", type=int, default=32)
    asked = parser.parse_args()
    python, version = default_python()
    body: list[list[str]] = []
    goals: list[report.Goal] = []
    with (
        subjects(PLAIN, OBSERVED, python=python) as [plain, observed],
        collecting() as endpoint,
        contenders.running(_contenders(plain, observed, endpoint)) as urls,
    ):
        for what, request in REQUESTS.items():
            targets = {name: (url, request) for name, url in urls.items()}
            options = {"connections": asked.connections, "seconds": asked.seconds, "count": asked.rounds}
            samples = contenders.compare(targets, **options)
            body += [[what, *row] for row in contenders.rows(samples)]
            goals.append(report.Goal(f"{what}, {FIRST} ÷ {WITHOUT}", GOAL, contenders.ratio(samples, WITHOUT)))
        versions = observed.versions("fastapi", "granian", "opentelemetry-sdk")
    head = ("what", *contenders.HEAD[:-1], f"{FIRST} ÷ it")
    tables = {"table": report.table(head, body), "goals": report.goals(goals)}
    report.write("telemetry", NOTE.format(machine=report.machine(versions, version), **vars(asked), **tables))


@contextmanager
def collecting() -> Generator[str]:
    """Run a collector on the cores that the services do not use, and yield its URL."""
    with ExitStack() as stack:
        with cores.only(cores.OTHERS):
            sink = stack.enter_context(Sink())  # its threads stay on these cores
        yield sink.settings["OTEL_EXPORTER_OTLP_ENDPOINT"]


def _contenders(plain: Subject, observed: Subject, endpoint: str) -> dict[str, contenders.Contender]:
    for service in (plain, observed):
        (service.path / "app/api/small.py").write_text(ROUTE, "utf-8")
        for command in ("migrate", "seed"):
            service.command(command)
    observing = ours(observed)
    sending = {**observing.settings, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    sending["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio"
    sampled = {
        name: replace(observing, settings={**sending, "OTEL_TRACES_SAMPLER_ARG": ratio})
        for name, ratio in RATIOS.items()
    }
    return {**sampled, WITHOUT: ours(plain)}


if __name__ == "__main__":
    main()
