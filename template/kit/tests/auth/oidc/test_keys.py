"""The keys of the provider: rotation, faults of the provider, and how often it is asked."""

import asyncio
import time
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

import pytest

from kit.testing.provider import Fault, Provider, answer, new_key
from kit.tests.auth.oidc.asking import JWKS, get_me, serving, status_of, until
from kit.tests.trial import Lines

pytestmark = pytest.mark.anyio


def redirect(request: BaseHTTPRequestHandler) -> bool:
    return answer(request, 302, "", Location="http://localhost:1/")


def frozen_until(event: Event) -> Fault:
    return lambda _request: event.wait(30)


def hang_up(request: BaseHTTPRequestHandler) -> bool:
    request.close_connection = True
    return True


FAULTS: dict[str, Fault] = {
    "500": lambda request: answer(request, 500, "{}"),
    "404": lambda request: answer(request, 404, "{}"),
    "garbage": lambda request: answer(request, 200, "<html>"),
    "list": lambda request: answer(request, 200, "[]"),
    "other object": lambda request: answer(request, 200, '{"keys": 7, "issuer": []}'),
    "deep": lambda request: answer(request, 200, "[" * 100_000),
    "huge": lambda request: answer(request, 200, '{"keys": [], "filler": "' + "x" * 300_000 + '"}'),
    "redirect": redirect,
    "closed connection": hang_up,
}


async def test_the_keys_are_fetched_once_for_many_requests(own: Provider) -> None:
    async with serving(own) as client:
        tokens = [own.token(f"user-{number}") for number in range(50)]
        assert {*await asyncio.gather(*(status_of(client, token) for token in tokens))} == {200}
        assert own.requests[JWKS] == 1


async def test_a_new_key_is_found_when_a_token_names_it(own: Provider) -> None:
    async with serving(own, keys_interval=0.01) as client:
        before = own.token()
        assert await status_of(client, before) == 200
        own.rotate("EC")
        await asyncio.sleep(0.02)
        assert await status_of(client, own.token()) == 200
        assert await status_of(client, before) == 200
        assert own.requests[JWKS] == 2


async def test_a_removed_key_ends_with_the_next_fetch_also_for_remembered_tokens(own: Provider) -> None:
    async with serving(own, keys_refresh=0.3) as client:
        before = own.token()
        assert await status_of(client, before) == 200
        own.rotate("RSA", keep=False)
        await until(client, before, 401)
        assert await status_of(client, own.token()) == 200


async def test_a_key_that_changes_under_its_id_ends_remembered_tokens(own: Provider) -> None:
    async with serving(own, keys_refresh=0.3) as client:
        before = own.token()
        assert await status_of(client, before) == 200
        own.published = [new_key("RSA", own.published[0].kid)]
        await until(client, before, 401)
        assert await status_of(client, own.token()) == 200


async def test_unknown_keys_lead_to_one_fetch_in_an_interval(own: Provider) -> None:
    async with serving(own, keys_interval=60) as client:
        assert await status_of(client, own.token()) == 200
        floods = [own.token(header={"kid": f"unknown-{number}"}) for number in range(100)]
        assert {*await asyncio.gather(*(status_of(client, token) for token in floods))} == {401}
        assert own.requests[JWKS] == 1


async def test_a_flood_from_the_first_moment_leads_to_one_fetch(own: Provider) -> None:
    async with serving(own, keys_interval=60) as client:
        floods = [own.token(header={"kid": f"unknown-{number}"}) for number in range(100)]
        assert {*await asyncio.gather(*(status_of(client, token) for token in floods))} == {401}
        assert own.requests[JWKS] == 1


@pytest.mark.parametrize("fault", FAULTS)
async def test_while_the_provider_fails_known_keys_work_and_others_are_503(own: Provider, fault: str) -> None:
    async with serving(own, keys_interval=0.05) as client:
        known, new = own.token(), own.token("grace")
        assert await status_of(client, known) == 200
        own.fault = FAULTS[fault]
        unknown = own.token(key=own.rotate("EC"))
        await asyncio.sleep(0.1)
        response = await get_me(client, unknown)
        assert (response.status_code, response.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert response.headers["Retry-After"] == "1"
        assert (await status_of(client, known), await status_of(client, new)) == (200, 200)
        assert (await client.get("/ready")).json()["checks"]["auth"]["status"] == "ok"
        own.fault = None
        await until(client, unknown, 200)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_service_that_starts_while_the_provider_fails_is_not_ready_until_it_is_back(
    own: Provider, fault: str
) -> None:
    own.fault = FAULTS[fault]
    async with serving(own, keys_interval=0.05) as client:
        assert await status_of(client, own.token()) == 503
        await asyncio.sleep(0.06)
        ready = await client.get("/ready")
        assert (ready.status_code, ready.json()["checks"]["auth"]["status"]) == (503, "failed")
        own.fault = None
        await until(client, own.token(), 200)
        assert (await client.get("/ready")).json()["checks"]["auth"]["details"]["keys"] == 1


async def test_a_frozen_provider_delays_nobody_with_a_known_key(own: Provider) -> None:
    thaw = Event()
    async with serving(own, keys_refresh=0.05, keys_interval=0.05, timeout=20) as client:
        known = own.token()
        assert await status_of(client, known) == 200
        own.fault = frozen_until(thaw)
        await asyncio.sleep(0.1)
        started = time.monotonic()
        assert {await status_of(client, known) for _ in range(20)} == {200}
        assert await status_of(client, own.token("grace")) == 200
        assert (await client.get("/ready")).json()["checks"]["auth"]["status"] == "ok"
        assert time.monotonic() - started < 15  # the new keys are still asked for
        thaw.set()


async def test_a_frozen_provider_delays_an_unknown_key_by_its_timeout(own: Provider) -> None:
    thaw = Event()
    async with serving(own, keys_interval=0.05, timeout=0.5) as client:
        assert await status_of(client, own.token()) == 200
        own.fault = frozen_until(thaw)
        await asyncio.sleep(0.1)
        started = time.monotonic()
        assert await status_of(client, own.token(header={"kid": "unknown"})) == 503
        assert time.monotonic() - started < 15
        thaw.set()


async def test_keys_that_are_too_old_are_not_used(own: Provider) -> None:
    async with serving(own, keys_refresh=0.2, keys_max_age=1, keys_interval=0.05) as client:
        known = own.token()
        assert await status_of(client, known) == 200
        own.fault = FAULTS["500"]
        await asyncio.sleep(1.1)
        assert await status_of(client, known) == 503
        own.fault = None
        await until(client, known, 200)


@pytest.mark.parametrize(
    "documents",
    [
        {"issuer": "http://localhost:1/other"},
        {"issuer": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "ftp://localhost/keys"},
        {"jwks_uri": None},
        {"jwks_uri": "http://[::1"},
        {"filler": "x" * 300_000},
    ],
)
async def test_a_configuration_that_is_not_right_is_refused(own: Provider, documents: dict[str, Any]) -> None:
    own.documents = documents
    async with serving(own) as client:
        assert await status_of(client, own.token()) == 503


async def test_a_client_that_leaves_does_not_stop_the_fetch_that_others_wait_for(own: Provider) -> None:
    thaw = Event()
    own.fault = lambda _request: not thaw.wait(10)
    async with serving(own, timeout=5) as client:
        first = asyncio.create_task(status_of(client, own.token()))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(status_of(client, own.token("grace")))
        await asyncio.sleep(0.1)
        first.cancel()
        thaw.set()
        assert await second == 200


async def test_the_log_says_why_and_has_no_token(own: Provider, capsys: pytest.CaptureFixture[str]) -> None:
    own.fault = FAULTS["500"]
    async with serving(own) as client:
        lines = Lines(capsys)
        token = own.token()
        await status_of(client, token)
        said = lines.by_logger("kit.auth.oidc.keys", "access")
        (line,) = said["kit.auth.oidc.keys"]
        assert line["error"] == "it answered 500 for /default/.well-known/openid-configuration"
        assert token.rpartition(".")[2] not in str(said)


async def test_a_service_that_stops_does_not_wait_for_the_provider(own: Provider) -> None:
    thaw = Event()
    own.fault = frozen_until(thaw)
    async with serving(own, timeout=20) as client:
        request = asyncio.create_task(get_me(client, own.token()))
        await asyncio.sleep(0.2)
        started = time.monotonic()
    assert time.monotonic() - started < 10
    assert "keys of the identity provider" not in {task.get_name() for task in asyncio.all_tasks()}
    thaw.set()
    await asyncio.gather(request, return_exceptions=True)
