"""Counts that all processes share, for rate limits."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from kit.limits.rate import Rate
from kit.store.redis.settings import RedisSettings
from kit.testing.service import given, started

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
