"""Reading, writing and listing rows over HTTP: `uv run python -m benchmarks.requests postgres`."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import httpx2

from benchmarks import contenders, fastapi_template, report
from benchmarks.contenders import Contender, ours, peer
from benchmarks.load import Request, Sample, medians
from benchmarks.services import Subject, default_python, subjects

DRIVERS = {
    "postgres": ("postgresql+asyncpg", ("sqlalchemy", "asyncpg")),
    "mysql": ("mysql+asyncmy", ("sqlalchemy", "asyncmy")),
    "sqlite": ("sqlite+aiosqlite", ("sqlalchemy", "aiosqlite")),
    "mongodb": ("", ("pymongo",)),
}
CONNECTIONS = (1, 32, 256)
AT_ONCE = 32  # the default
BATCH = 10_000
ITEMS = "/api/v1/items"
READ, LIST, WRITE = "read one row", "list 100 rows", "write one row"
# The counterpart of `fastapi-template`, whose example can only read a list.
GENERATED = {
    READ: Request("/api/dummy/?limit=1"),
    LIST: Request("/api/dummy/?limit=100"),
    WRITE: Request("/api/dummy/", "PUT", '{"name": "%d"}'),
}
SLIPWAY, HAND, NO_PING, GENERATOR = "Slipway", "hand-written", "hand-written, no ping", "fastapi-template"
LITESTAR, THREADS, DRIVER = "Litestar", "SQLModel in threads", "the driver alone"
OF_FRAMEWORKS = ("litestar", "advanced-alchemy", "sqlmodel", "psycopg[binary]")
NOTE = """# Rows over HTTP, on {database}

{machine}

`uv run python -m benchmarks.requests {database} --seconds {seconds} --rounds {rounds} --rows {rows}`: the example of
the rendered service in staging, with a log line for each request. All have one worker, on the first core; wrk and the
database have the other. The contenders take turns; ratios compare the same round: least / median / most. One that stops
answering, as it may with 256 connections, and does not recover, has 0 from then on.

{peers}

{table}

A page of ten rows, with {at_once} connections: the first of the list, and the last.

{pages}
"""
BY_HAND = """- *hand-written*: FastAPI with the same models, a session for each request and SQLAlchemy's default pool,
  as their documentation shows it; on granian like the service, and without a log. Once with `pool_pre_ping`, because
  the service survives an outage too, and once without."""
ON_POSTGRES = """
- *Litestar*: with advanced-alchemy's service and repository, as their documentation shows them.
- *SQLModel in threads*: as full-stack-fastapi-template writes its routes, with SQLModel, psycopg and functions that
  FastAPI runs in threads; its list also counts all rows.
- *the driver alone*: asyncpg behind FastAPI. It, Litestar and SQLModel are on granian too, and without a log.
- *fastapi-template*: what its version {version} generates, served its own way, on uvicorn and with its log. Its example
  cannot read one row, so it lists one."""
WHERE = """Where the time goes: one row takes about 1,000 microseconds of processor time. SQLAlchemy's session takes
450 to 500 of them, in the service and by hand alike, and FastAPI takes most of the rest. A read takes one round trip,
where a transaction needs three and the ping further ones; this saves waiting rather than work, and with many
connections nobody waits for the network. The service's own share of a read is about 100: the fair queue before the pool
takes 35, a session that refuses to write 35 to 50, pings and slow statements the rest. That queue keeps the p99 low.
With 256 connections all contenders get slower, the driver alone too."""
BY_PYMONGO = "- *the driver alone*: PyMongo behind FastAPI, on granian like the service, and without a log."

Samples = dict[str, list[Sample]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", choices=DRIVERS)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=100_000)
    asked = parser.parse_args()
    python, version = default_python()
    with tempfile.TemporaryDirectory() as folder, subjects({"database": asked.database}, python=python) as [service]:
        service.command("migrate")
        candidates = _contenders(service, asked.database, Path(folder))
        with contenders.running(candidates) as urls:
            pages, found = _measure(urls, asked)
        versions = service.versions("fastapi", "granian", "uvloop", *DRIVERS[asked.database][1])
    body = [
        [f"{what}, {count} at once", *row] for (what, count), each in found.items() for row in contenders.rows(each)
    ]
    tables = {
        "table": report.table(("what", *contenders.HEAD), body),
        "pages": report.table(("page", *contenders.HEAD[1:-1], "first ÷ it"), contenders.rows(pages)),
    }
    text = NOTE.format(
        machine=report.machine(versions, version),
        peers=_peers(asked.database),
        at_once=AT_ONCE,
        **vars(asked),
        **tables,
    )
    is_postgres = asked.database == "postgres"
    text += f"\n{report.goals(_goals_on_postgres(found) if is_postgres else _goals(found))}\n"
    if is_postgres:
        text += f"\n{WHERE}\n"
    report.write(f"requests_{asked.database}", text)


def _measure(urls: dict[str, str], asked: argparse.Namespace) -> tuple[Samples, dict[tuple[str, int], Samples]]:
    options = {"seconds": asked.seconds, "count": asked.rounds}
    with httpx2.Client(base_url=urls[SLIPWAY], timeout=120, trust_env=False) as client:
        _fill(client, asked.rows)
        item = client.get(ITEMS, params={"limit": 1}).json()["items"][0]["id"]
        last = _last_page(client, asked.rows)
    if GENERATOR in urls:
        _fill_generated(urls[GENERATOR])
    ends = {"first": Request(f"{ITEMS}?limit=10"), "last": Request(f"{ITEMS}?limit=10&after={last}")}
    targets = {name: (urls[SLIPWAY], request) for name, request in ends.items()}
    pages = contenders.compare(targets, connections=AT_ONCE, **options)
    requests = {
        READ: Request(f"{ITEMS}/{item}"),
        LIST: Request(f"{ITEMS}?limit=100"),
        WRITE: Request(ITEMS, "POST", '{"sku": "%d", "name": "new"}'),
    }
    found: dict[tuple[str, int], Samples] = {}
    for what, request in requests.items():
        targets = {name: (url, GENERATED[what] if name == GENERATOR else request) for name, url in urls.items()}
        for connections in CONNECTIONS if what == READ else (AT_ONCE,):
            found[what, connections] = contenders.compare(targets, connections=connections, **options)
    return pages, found


def _contenders(service: Subject, database: str, folder: Path) -> dict[str, Contender]:
    url = service.settings.get("DATABASE_URL", f"sqlite:///{service.path}/data/app.db")
    if database == "mongodb":
        return {SLIPWAY: ours(service), DRIVER: peer(service.environment, "raw_pymongo", URL=url)}
    by_driver = f"{DRIVERS[database][0]}://{url.partition('://')[2]}"
    found = {
        SLIPWAY: ours(service),
        HAND: peer(service.environment, "sqlalchemy_session", URL=by_driver, PRE_PING="yes"),
        NO_PING: peer(service.environment, "sqlalchemy_session", URL=by_driver),
    }
    if database == "postgres":
        generated = fastapi_template.generate(folder, str(service.environment.python))
        found[GENERATOR] = fastapi_template.contender(generated, url)
        service.install(*OF_FRAMEWORKS)
        found[LITESTAR] = peer(service.environment, "litestar_items", ready="/schema/openapi.json", URL=by_driver)
        by_psycopg = by_driver.replace("+asyncpg", "+psycopg")
        found[THREADS] = peer(service.environment, "sqlmodel_threads", URL=by_psycopg)
        found[DRIVER] = peer(service.environment, "raw_asyncpg", URL=url)
    return found


def _peers(database: str) -> str:
    if database == "mongodb":
        return BY_PYMONGO
    others = ON_POSTGRES.format(version=fastapi_template.PACKAGE.partition("==")[2])
    return BY_HAND + (others if database == "postgres" else "")


def _fill(client: httpx2.Client, rows: int) -> None:
    for first in range(0, rows, BATCH):
        items = [{"sku": f"sku {number}", "name": "some item"} for number in range(first, first + BATCH)]
        client.put(ITEMS, json=items).raise_for_status()


def _fill_generated(url: str) -> None:
    with httpx2.Client(base_url=url, timeout=120, trust_env=False) as client:
        for number in range(100):
            client.put("/api/dummy/", json={"name": f"name {number}"}).raise_for_status()


def _last_page(client: httpx2.Client, rows: int) -> str:
    """Return the cursor of the last page of ten."""
    cursor = ""
    for limit in [*[1000] * (rows // 1000 - 1), 990]:
        asked: dict[str, Any] = {"limit": limit} | ({"after": cursor} if cursor else {})
        cursor = client.get(ITEMS, params=asked).raise_for_status().json()["next"]
    return cursor


def _goals(found: dict[tuple[str, int], Samples]) -> list[report.Goal]:
    """Compare each row with the hand-written code."""
    by_hand = HAND if HAND in found[READ, AT_ONCE] else DRIVER
    return [
        report.Goal(f"{what} ÷ {by_hand}", 1.0, contenders.ratio(found[what, AT_ONCE], by_hand))
        for what in (READ, LIST, WRITE)
    ]


def _goals_on_postgres(found: dict[tuple[str, int], Samples]) -> list[report.Goal]:
    some, many = found[READ, AT_ONCE], found[READ, CONNECTIONS[-1]]
    slowest = {count: {name: medians(each).p99 for name, each in found[READ, count].items()} for count in CONNECTIONS}
    rates = [medians(found[READ, count][SLIPWAY]).rate for count in CONNECTIONS]
    return [
        *(report.Goal(f"{READ} ÷ {name}", 1.6, contenders.ratio(some, name)) for name in (HAND, NO_PING)),
        report.Goal(f"{READ} ÷ {DRIVER}", 0.5, contenders.ratio(some, DRIVER)),
        report.Goal(f"{LIST} ÷ {HAND}", 1.3, contenders.ratio(found[LIST, AT_ONCE], HAND)),
        report.Goal(f"{WRITE} ÷ {HAND}", 1.1, contenders.ratio(found[WRITE, AT_ONCE], HAND)),
        report.Goal(f"{READ} ÷ {GENERATOR}", 2.4, contenders.ratio(some, GENERATOR)),
        *(
            report.Goal(f"its p99 ÷ hand-written's, {count} at once", 1, each[SLIPWAY] / each[HAND], at_most=True)
            for count, each in slowest.items()
        ),
        report.Goal(f"{CONNECTIONS[-1]} at once ÷ its own peak", 0.95, medians(many[SLIPWAY]).rate / max(rates)),
    ]


if __name__ == "__main__":
    main()
