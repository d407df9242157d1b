"""What a service in several processes sends to a collector and shows to Prometheus."""

import contextlib
import json
import os
import re
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.combinations import all_combinations, fullest_per_database
from tests.environments import Environment
from tests.servers.collector import Collector, Span
from tests.servers.ports import free_port
from tests.servers.waiting import wait_until
from tests.serving import Serving, serving
from tests.test_processes import running, wait_for_output

PLAIN = all_combinations()[0].but(telemetry="opentelemetry")
ON_QUEUE = PLAIN.but(scheduler="taskiq", database="postgres", store="redis")
ROUTE = "/api/v1/items"
WITH_METRICS = [each.but(telemetry="opentelemetry", auth="none") for each in fullest_per_database()]
# Each metric gets a value, because those without one are not shown.
SHOW_ALL = """
import asyncio, sys
from opentelemetry import metrics
from kit.testing.service import ask, create_app

async def main():
    app = create_app()
    async with app.router.lifespan_context(app):
        async with ask(app) as client:
            await client.get("/health")
        for each in vars(metrics.get_meter("kit"))["_instrument_id_instrument"].values():
            for name in {"add", "record"} & {*dir(each)}:
                getattr(each, name)(0)
        await asyncio.sleep(2)  # the page opens, and what cleans up has looked
        import urllib.request
        print(await asyncio.to_thread(lambda: urllib.request.urlopen(sys.argv[1]).read().decode()))

asyncio.run(main())
"""
START_JOB = """
from fastapi import APIRouter, Request

from app.jobs.restock import restock

router = APIRouter()


@router.post("")
async def start(request: Request) -> bool:
    return await restock.start(request.app)
"""


def scrape(port: int) -> dict[str, Metric]:
    text = httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=20, trust_env=False).raise_for_status().text
    return {family.name: family for family in text_string_to_metric_families(text)}


def requests_by_worker(port: int) -> dict[str, float]:
    """Return how many requests of the route each worker has counted; Prometheus' own parser reads the page."""
    samples = scrape(port)["http_server_request_duration_seconds"].samples
    mine = [each for each in samples if each.name.endswith("_count") and each.labels.get("http_route") == ROUTE]
    return {each.labels["worker"]: each.value for each in mine}


def shown(port: int) -> dict[str, str]:
    return {
        "OTEL_METRICS_EXPORTER": "prometheus",
        "OTEL_EXPORTER_PROMETHEUS_PORT": str(port),
        "OTEL_EXPORTER_PROMETHEUS_HOST": "127.0.0.1",
    }


def has_page(port: int) -> bool:
    with contextlib.suppress(httpx2.HTTPError):
        return bool(scrape(port))
    return False


def ask_all_workers(service: Serving, port: int) -> int:
    """Ask until each worker has counted a request, and return how often."""
    asked = 0
    while len(requests_by_worker(port)) < 2:
        assert service.get(ROUTE).status_code == 200
        asked += 1
        assert asked < 500
    return asked


@pytest.mark.combinations([PLAIN])
def test_prometheus_reads_the_metrics_of_all_workers_whichever_dies(
    environment: Environment, workspace: Path, settings: dict[str, str]
) -> None:
    port = free_port()
    with serving(environment, workspace, settings | shown(port)) as service:
        wait_until(lambda: has_page(port), seconds=10, what="a worker has the page")
        service.get(ROUTE)
        asked = 1 + ask_all_workers(service, port)
        assert sum(requests_by_worker(port).values()) == asked
        assert requests_by_worker(port).keys() == {"1", "2"}
        for worker in workers_of(service):
            os.kill(worker, signal.SIGKILL)
            wait_until(lambda worker=worker: worker not in workers_of(service), seconds=10, what="it is dead")
            wait_until(lambda: len(workers_of(service)) == 2, seconds=30, what="another one has its place")
            wait_until(lambda: has_page(port), seconds=10, what="a worker has the page")
        service.wait_for(200)
        service.get(ROUTE)
        ask_all_workers(service, port)
        assert requests_by_worker(port).keys() == {"1", "2"}


@pytest.mark.combinations([PLAIN])
def test_nobody_can_read_metrics_by_default(
    environment: Environment, workspace: Path, settings: dict[str, str]
) -> None:
    port = free_port()
    with serving(environment, workspace, settings | {"OTEL_EXPORTER_PROMETHEUS_PORT": str(port)}) as service:
        assert service.get("/metrics").status_code == 404
        with pytest.raises(httpx2.ConnectError):
            scrape(port)


@pytest.mark.combinations([ON_QUEUE])
def test_a_trace_goes_on_in_the_worker_that_runs_the_job(
    environment: Environment, workspace: Path, settings: dict[str, str]
) -> None:
    folder = workspace / "app/api/v1/restocking"
    folder.mkdir()
    (folder / "routes.py").write_text(START_JOB, "utf-8")
    with (
        Collector() as collector,
        running(environment, workspace, settings | collector.settings, "worker") as worker,
        serving(environment, workspace, settings | collector.settings) as service,
    ):
        wait_for_output(worker, "worker started")
        answer = httpx2.post(f"{service.url}/api/v1/restocking", timeout=20, trust_env=False)
        assert (answer.status_code, answer.json()) == (200, True)
        wait_until(lambda: named(collector, "job app.jobs.restock") != [], seconds=20, what="the run arrives")
        wait_until(lambda: named(collector, "POST /api/v1/restocking") != [], seconds=20, what="the request arrives")
        [request] = named(collector, "POST /api/v1/restocking")
        below = collector.below(request)
        assert {"job app.jobs.restock", "session"} < below
        assert below & {"INSERT", "WITH"}  # the upsert, whose first word depends on the database


@pytest.mark.sample(WITH_METRICS[-1:])
@pytest.mark.combinations(WITH_METRICS)
def test_what_dashboards_and_alerts_name_is_measured(
    environment: Environment, workspace: Path, settings: dict[str, str]
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/metrics"
    run = environment.run("-c", SHOW_ALL, url, cwd=workspace, LOG_LEVEL="ERROR", **settings, **shown(port))
    assert run.returncode == 0, run.stderr
    known = {sample.name for family in text_string_to_metric_families(run.stdout) for sample in family.samples}
    named = {name for text in texts(workspace / "deploy/telemetry") for name in metrics_in(text)}
    assert len(named) > 10
    assert named - known == set()


def named(collector: Collector, name: str) -> list[Span]:
    return [span for span in collector.spans if span.name == name]


def workers_of(service: Serving) -> set[int]:
    assert service.program.process
    main = service.program.process.pid
    return set(map(int, Path(f"/proc/{main}/task/{main}/children").read_text("ascii").split()))


def texts(folder: Path) -> Iterable[str]:
    """Yield the expressions of all alerts and dashboards."""
    yield "\n".join(
        re.findall(r"expr: (?:>-\n)?((?:.+\n?)(?:\s{10}.+\n)*)", (folder / "alerts.yaml").read_text("utf-8"))
    )
    for path in folder.glob("dashboards/*.json"):
        dashboard: Any = json.loads(path.read_text("utf-8"))
        yield from (target["expr"] for panel in dashboard["panels"] for target in panel["targets"])


def metrics_in(expression: str) -> set[str]:
    """Return the names of metrics in an expression of PromQL; labels are in braces, or behind `by`."""
    without_labels = re.sub(r"\{[^}]*\}|by \([^)]*\)|\[[^\]]*\]", " ", expression)
    return set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", without_labels)) - {"histogram_quantile"}


def test_the_names_of_metrics_are_found() -> None:
    assert metrics_in('histogram_quantile(0.9, sum by (le, a_b) (rate(c_d_bucket{e_f="g_h"}[5m]))) > 0') == {
        "c_d_bucket"
    }
