"""What a bearer token costs a request, and a login: `uv run python -m benchmarks.auth`."""

import argparse
import json
import statistics

import httpx2

from benchmarks import contenders, cores, report
from benchmarks.contenders import ours
from benchmarks.load import Request, Sample, load, medians
from benchmarks.services import Subject, default_python, subjects
from tests.combinations import Answer

OPEN: dict[str, Answer] = {"database": "none", "auth": "none"}
OIDC: dict[str, Answer] = {"database": "none", "auth": "oidc"}
ACCOUNTS: dict[str, Answer] = {"database": "sqlite", "auth": "accounts"}
GOAL = 60.0  # microseconds
AT_ONCE = 8  # logins
CREDENTIALS = {"email": "somebody@example.org", "password": "correct horse battery staple"}
UNLIMITED = {"AUTH_RATE_OF_ACCOUNT": "1000000/minute", "AUTH_RATE_OF_ADDRESS": "1000000/minute"}
ROUTE = """
from fastapi import APIRouter

router = APIRouter()


@router.get("")
async def small() -> dict[str, int]:
    return {"number": 7}
"""
POLICY = """
from fastapi import Depends

from kit.auth import public, requires

ROUTER_OPTIONS = {"dependencies": [%s]}
"""
POLICIES = {"public": "Depends(public)", "scoped": 'requires("items:read")'}
NOTE = """# What a bearer token costs a request

{machine}

`uv run python -m benchmarks.auth --seconds {seconds} --rounds {rounds}`: {connections} connections on loopback, the
same small route, on granian with one worker on the first core; wrk has the other. The token is signed with ES256. The
service verifies it once, and then finds it by its hash until it ends. The contenders take turns; ratios compare the
same round: least / median / most.

{table}

{goals}

Logins a second at the default cost of argon2, {at_once} at once, with accounts in SQLite; and how often the same core
verifies a password with nothing around it, medians of as many rounds:

{logins}

A login is as slow as argon2 is meant to make it; `AUTH_HASHES_AT_ONCE` limits how many cores it may take.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=32)
    asked = parser.parse_args()
    python, version = default_python()
    with subjects(OPEN, OIDC, python=python) as [without, with_auth]:
        _write_routes(without, with_auth)
        token = httpx2.get(f"{with_auth.settings['AUTH_ISSUER']}/token", trust_env=False).text
        services = {"without auth": ours(without), "auth": ours(with_auth)}
        with contenders.running(services) as urls:
            targets = {
                "with a token": (urls["auth"], Request("/api/scoped", authorization=f"Bearer {token}")),
                "a public route": (urls["auth"], Request("/api/public")),
                "a service without auth": (urls["without auth"], Request("/api/public")),
            }
            options = {"connections": asked.connections, "seconds": asked.seconds, "count": asked.rounds}
            samples = contenders.compare(targets, **options)
        versions = with_auth.versions("fastapi", "pyjwt", "granian")
    logins = _logins(asked.seconds, asked.rounds, python)
    more = microseconds(samples["with a token"]) - microseconds(samples["a service without auth"])
    goals = [report.Goal("microseconds more than without auth", GOAL, more, at_most=True)]
    tables = {"table": report.table(contenders.HEAD, contenders.rows(samples)), "goals": report.goals(goals)}
    tables["table"] = tables["table"].replace("Slipway ÷ it", "with a token ÷ it")
    tables["logins"] = report.table(("what", "a second", "p50 in ms", "p99 in ms"), logins)
    sizes = {"at_once": AT_ONCE, **vars(asked)}
    report.write("auth", NOTE.format(machine=report.machine(versions, version), **sizes, **tables))


def microseconds(samples: list[Sample]) -> float:
    """Return the time of a request on the one core of the service."""
    return 1e6 / medians(samples).rate


def _logins(seconds: int, count: int, python: str) -> list[list[str]]:
    """Return a row for logins over HTTP, and one for argon2 alone on the same core."""
    login = Request("/auth/login", "POST", json.dumps(CREDENTIALS))
    samples: list[Sample] = []
    alone: list[float] = []
    with subjects(ACCOUNTS, python=python) as [service]:
        service.command("migrate")
        unlimited = Subject(service.path, service.environment, {**service.settings, **UNLIMITED})
        with contenders.running({"accounts": ours(unlimited)}) as urls:
            url = urls["accounts"]
            httpx2.post(f"{url}/auth/register", json=CREDENTIALS, trust_env=False).raise_for_status()
            for _ in range(count):
                samples.append(load(url, login, connections=AT_ONCE, seconds=seconds))
                with cores.only(cores.SERVICE):
                    alone.append(service.run("argon2", str(seconds))["rate"])
    over_http = medians(samples)
    name = f"log in ({over_http.failed} failed)" if over_http.failed else "log in"
    found = (name, over_http.rate, over_http.p50, over_http.p99), ("argon2 alone", statistics.median(alone))
    return [[name, *map(report.number, figures), *[""] * (3 - len(figures))] for name, *figures in found]


def _write_routes(without: Subject, with_auth: Subject) -> None:
    for service in (without, with_auth):
        for name, policy in POLICIES.items():
            folder = service.path / "app/api" / name
            folder.mkdir()
            (folder / "routes.py").write_text(ROUTE, "utf-8")
            if service is with_auth:
                (folder / "policy.py").write_text(POLICY % policy, "utf-8")


if __name__ == "__main__":
    main()
