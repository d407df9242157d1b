"""What a bearer token costs a request: `uv run python -m benchmarks.auth`."""

import argparse

import httpx2

from benchmarks import contenders, report
from benchmarks.contenders import ours
from benchmarks.load import Request, Sample, medians
from benchmarks.services import Subject, default_python, subjects
from tests.combinations import Answer

OPEN: dict[str, Answer] = {"database": "none", "auth": "none"}
OIDC: dict[str, Answer] = {"database": "none", "auth": "oidc"}
GOAL = 60.0  # microseconds
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
    more = microseconds(samples["with a token"]) - microseconds(samples["a service without auth"])
    goals = [report.Goal("microseconds more than without auth", GOAL, more, at_most=True)]
    tables = {"table": report.table(contenders.HEAD, contenders.rows(samples)), "goals": report.goals(goals)}
    tables["table"] = tables["table"].replace("Slipway ÷ it", "with a token ÷ it")
    report.write("auth", NOTE.format(machine=report.machine(versions, version), **vars(asked), **tables))


def microseconds(samples: list[Sample]) -> float:
    """Return the time of a request on the one core of the service."""
    return 1e6 / medians(samples).rate


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
