"""Upstreams that `/ready` checks."""

import pytest

from kit.testing.service import ask, given, started
from kit.testing.upstream import Server, answer, calling

pytestmark = pytest.mark.anyio


async def test_an_upstream_with_a_check_is_checked_at_its_path(server: Server) -> None:
    async with started(given(), *calling(f"{server.url}/v1", {"check": "/health"})) as app, ask(app) as client:
        assert (await client.get("/ready")).json()["checks"]["upstream prices"]["status"] == "ok"
        assert server.requests[0].startswith("GET /v1/health ")
        server.plan = [answer(500)]
        response = await client.get("/ready")
    assert response.status_code == 503
    assert response.json()["checks"]["upstream prices"]["error"] == "RuntimeError: it answered 500"


async def test_other_upstreams_are_not_checked(server: Server) -> None:
    async with started(given(), *calling(server.url)) as app, ask(app) as client:
        assert "upstream prices" not in (await client.get("/ready")).json()["checks"]
    assert server.requests == []


async def test_the_address_of_an_unreachable_upstream_is_not_shown(refusing_url: str) -> None:
    async with started(given(), *calling(refusing_url, {"check": "/"})) as app, ask(app) as client:
        response = await client.get("/ready")
    assert response.status_code == 503
    assert "127.0.0.1" not in response.text
