"""Clients that mean harm, over a real socket: each gets a small answer, and the others are served meanwhile."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import httpx2
import pytest

from tests.combinations import Combination
from tests.environments import Environment
from tests.serving import NO_TLS, Serving, serving

# The server and the middleware answer here; they are the same for every answer.
pytestmark = pytest.mark.combinations(
    [Combination((("database", "sqlite"), ("scheduler", "none"), ("store", "none"), ("example", True)))]
)


@pytest.fixture
def running(environment: Environment, workspace: Path, settings: dict[str, str]) -> Iterator[Serving]:
    with serving(environment, workspace, settings, workers=1) as service:
        yield service
        assert "Traceback" not in service.program.output(), service.program.output()


def test_a_body_of_many_faults_has_a_small_answer(running: Serving) -> None:
    body = json.dumps({f"k{number}": 1 for number in range(400_000)})
    headers = {"Content-Type": "application/json"}
    url = f"{running.url}/api/v1/items"
    answer = httpx2.post(url, content=body, headers=headers, timeout=60, trust_env=False, verify=NO_TLS)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.json()["error"]["details"]["count"] == 400_002
    assert len(answer.content) < 100_000
