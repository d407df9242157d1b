"""granian and uvicorn, with one worker and with two: `uv run python -m benchmarks.servers`."""

import argparse

import httpx2

from benchmarks import contenders, cores, report
from benchmarks.chrome import ROUTE
from benchmarks.contenders import STAGING, Contender, ours
from benchmarks.load import Request
from benchmarks.requests import ITEMS
from benchmarks.services import Subject, default_python, subjects

CONNECTIONS = (32, 256)
NOTE = """# granian and uvicorn

{machine}

`uv run python -m benchmarks.servers --seconds {seconds} --rounds {rounds}`: the rendered service on PostgreSQL in
staging, served by granian (as `python -m app serve` does) and by uvicorn with uvloop and httptools and without its own
access log. One worker has the first core, and wrk and PostgreSQL the other; two workers have both cores, and share the
second with wrk and PostgreSQL. The contenders take turns; ratios compare the same round: least / median / most.

{table}

`serve` uses granian: it is slower in no row, and it starts, watches and replaces its workers itself.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    python, version = default_python()
    body: list[list[str]] = []
    with subjects({"database": "postgres"}, python=python) as [service]:
        service.install("uvicorn", "httptools")
        service.command("migrate")
        (service.path / "app/api/small.py").write_text(ROUTE, "utf-8")
        for workers in (1, 2):
            body += _rows(service, workers, {"seconds": asked.seconds, "count": asked.rounds})
        versions = service.versions("granian", "uvicorn", "uvloop", "httptools", "fastapi", "sqlalchemy", "asyncpg")
    table = report.table(("what", *contenders.HEAD[:-1], "granian ÷ it"), body)
    report.write("servers", NOTE.format(machine=report.machine(versions, version), table=table, **vars(asked)))


def _rows(service: Subject, workers: int, options: dict[str, int]) -> list[list[str]]:
    servers = {"granian": ours(service, workers=workers), "uvicorn": _on_uvicorn(service, workers)}
    rows: list[list[str]] = []
    with contenders.running(servers, cores.ALL[:workers]) as urls:
        requests = {"a small JSON route": Request("/api/small/7"), "read one row": Request(_an_item(urls["granian"]))}
        for what, request in requests.items():
            for connections in CONNECTIONS:
                targets = {name: (url, request) for name, url in urls.items()}
                samples = contenders.compare(targets, connections=connections, **options)
                label = f"{what}, {connections} at once, {workers} worker{'s' * (workers > 1)}"
                rows += [[label, *row] for row in contenders.rows(samples)]
    return rows


def _on_uvicorn(service: Subject, workers: int) -> Contender:
    server = ["-m", "uvicorn", "app.main:app", "--port", "{port}", "--workers", str(workers), "--no-access-log"]
    command = [str(service.environment.python), *server, "--loop", "uvloop", "--http", "httptools"]
    return Contender(command, service.path, {**service.settings, **STAGING}, ready="/ready")


def _an_item(url: str) -> str:
    with httpx2.Client(base_url=url, trust_env=False) as client:
        client.put(ITEMS, json=[{"sku": "an item", "name": "An item"}]).raise_for_status()
        return f"{ITEMS}/{client.get(ITEMS).json()['items'][0]['id']}"


if __name__ == "__main__":
    main()
