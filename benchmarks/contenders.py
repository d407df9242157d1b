"""Services that are measured against each other: they share a core and take turns."""

import tempfile
from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from benchmarks import cores, report, rounds
from benchmarks.load import Request, Sample, load, medians
from benchmarks.services import Subject
from tests.combinations import ROOT
from tests.environments import Environment, clean_environ
from tests.servers.ports import free_port
from tests.servers.program import Program
from tests.servers.waiting import wait_until

HEAD = ("by", "a second", "p50 in ms", "p99 in ms", "Slipway ÷ it")
# As in production, where all requests except probes have a log line.
STAGING = {"ENVIRONMENT": "staging"}


@dataclass(frozen=True)
class Contender:
    """How to start a service; `{port}` in its command or its settings stands for its port."""

    command: list[str]
    cwd: Path
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    ready: str = "/"

    def start(self, port: int, log: Path) -> Program:
        command = [each.format(port=port) for each in self.command]
        settings = {name: value.replace("{port}", str(port)) for name, value in self.settings.items()}
        program = Program(command, log, cwd=self.cwd, env=clean_environ(**settings))
        program.start()
        return program


def ours(service: Subject, *, workers: int = 1) -> Contender:
    command = [str(service.environment.python), "-m", "app", "serve", "--port", "{port}", "--workers", str(workers)]
    return Contender(command, service.path, {**service.settings, **STAGING}, ready="/ready")


def peer(environment: Environment, name: str, ready: str = "/openapi.json", **settings: str) -> Contender:
    """Return a contender that serves a module of `benchmarks.peers` like the rendered service, but without a log."""
    server = ["-m", "granian", "--interface", "asgi", "--port", "{port}", f"benchmarks.peers.{name}:app"]
    return Contender([str(environment.python), *server], ROOT, settings, ready)


@contextmanager
def running(contenders: Mapping[str, Contender], on: Iterable[int] = cores.SERVICE) -> Generator[dict[str, str]]:
    """Start the services, all on the same cores, and yield their URLs."""
    with tempfile.TemporaryDirectory(prefix="slipway-") as logs, ExitStack() as stack:
        urls: dict[str, str] = {}
        for number, (name, contender) in enumerate(contenders.items()):
            port = free_port()
            with cores.only(on):
                program = contender.start(port, Path(logs) / str(number))
            stack.callback(program.stop)
            urls[name] = f"http://127.0.0.1:{port}"
            _wait_for(program, urls[name] + contender.ready)
        yield urls


def compare(
    targets: Mapping[str, tuple[str, Request]], *, connections: int, seconds: int, count: int
) -> dict[str, list[Sample]]:
    """Load each target (a URL and a request) once in each round, after a second of warm-up."""
    for url, request in targets.values():
        load(url, request, connections=connections, seconds=1)
    samples: dict[str, list[Sample]] = {name: [] for name in targets}
    for name, (url, request) in rounds.turns(targets, count):
        samples[name].append(load(url, request, connections=connections, seconds=seconds))
    return samples


def rows(samples: Mapping[str, list[Sample]]) -> list[list[str]]:
    """Return a table row for each contender; the others are compared with the first."""
    first = [sample.rate for sample in next(iter(samples.values()))]
    made: list[list[str]] = []
    for number, (name, each) in enumerate(samples.items()):
        median = medians(each)
        label = f"{name} ({median.failed} failed)" if median.failed else name
        ratios = rounds.ratios(first, [sample.rate for sample in each]) if number else ""
        made.append([label, *map(report.number, (median.rate, median.p50, median.p99)), ratios])
    return made


def ratio(samples: Mapping[str, list[Sample]], name: str) -> float:
    """Return the median ratio of the first contender to this one in the same rounds."""
    ours, other = next(iter(samples.values())), samples[name]
    return rounds.ratio([one.rate for one in ours], [one.rate for one in other])


def answers(url: str) -> bool:
    """Return whether the answer is good; raise an exception with the reason if there is none."""
    return httpx2.get(url, timeout=5, trust_env=False).is_success


def _wait_for(program: Program, url: str) -> None:
    wait_until(lambda: program.check() and answers(url), seconds=60, what=f"GET {url} answers")
