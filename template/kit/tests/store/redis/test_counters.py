"""Counts that all processes share, for rate limits."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from kit.limits.rate import Rate
from kit.store.redis.counters import RedisCounters
from kit.store.redis.scripts import SCRIPTS
from kit.store.redis.server import Server
from kit.store.redis.settings import RedisSettings
from kit.testing.service import given, started
from kit.tests.store.redis.member import Member

pytestmark = pytest.mark.anyio
RATE = Rate(100, 60)


@pytest.fixture
async def other(app: FastAPI) -> AsyncGenerator[FastAPI]:
    """Start a second service, which is another process to the store."""
    del app
    async with started(given()) as other:
        yield other


async def test_processes_count_together(app: FastAPI, other: FastAPI) -> None:
    counters = [each.state.counters for each in (app, other)]
    counts = [await each.hit("GET /together", "client", RATE) for each in counters]
    assert [count.hits for count in counts] == [1, 2]


async def test_no_hit_is_lost_or_counted_twice(app: FastAPI, other: FastAPI) -> None:
    hits = (each.state.counters.hit("GET /at-once", "client", RATE) for each in (app, other) * 20)
    assert sorted(count.hits for count in await asyncio.gather(*hits)) == list(range(1, 41))


async def test_a_count_ends_a_rate_after_its_first_hit(app: FastAPI) -> None:
    counters = app.state.counters
    first, second = [await counters.hit("GET /short", "client", RATE) for _ in range(2)]
    assert 0 < second.ends_in <= first.ends_in <= RATE.seconds


async def test_without_the_store_each_process_counts_for_itself() -> None:
    nowhere = RedisSettings(url=SecretStr("redis://127.0.0.1:1/0"))
    async with started(given(), nowhere) as app:
        counters = app.state.counters
        assert [(await counters.hit("GET /alone", "client", RATE)).hits for _ in range(2)] == [1, 2]


async def test_requests_do_not_wait_one_after_the_other_for_a_server_that_is_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bytes] = []

    async def stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(1))
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(stay_silent, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    server = Server(RedisSettings(url=SecretStr(f"redis://127.0.0.1:{port}/0"), timeout=0.1), SCRIPTS)
    counters = RedisCounters(server)
    monkeypatch.setattr("kit.store.redis.counters.PAUSE", 1000)
    assert [(await counters.hit("GET /", "client", RATE)).hits for _ in range(3)] == [1, 2, 3]
    assert len(asked) == 1
    monkeypatch.setattr("kit.store.redis.counters.PAUSE", 0)
    await counters.hit("GET /", "client", RATE)
    assert len(asked) == 2
    await server.close()
    silent.close()


async def test_counts_are_shared_again_when_the_server_is_back(member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.store.redis.counters.PAUSE", 0)
    server = Server(member.settings, SCRIPTS)
    counters = RedisCounters(server)
    hits = [(await counters.hit("GET /", "client", RATE)).hits for _ in range(2)]
    await member.forbid()
    hits.append((await counters.hit("GET /", "client", RATE)).hits)
    await member.allow()
    hits.append((await counters.hit("GET /", "client", RATE)).hits)
    assert hits == [1, 2, 1, 3]
    await server.close()
