"""Counts in memory."""

import tracemalloc

import pytest

from kit.limits import memory
from kit.limits.memory import MemoryCounters
from kit.limits.rate import Rate

pytestmark = pytest.mark.anyio
RATE = Rate(100, 60)
CLIENTS = 2_000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(memory, "monotonic", lambda: now[0])
    return now


async def hit_by(counters: MemoryCounters, clients: range) -> int:
    """Let all these clients ask once, and give the bytes that are taken then."""
    for client in clients:
        await counters.hit("GET /orders", f"client {client}", RATE)
    return tracemalloc.get_traced_memory()[0]


async def test_ever_new_clients_take_no_more_memory(clock: list[float]) -> None:
    counters = MemoryCounters()
    tracemalloc.start()
    try:
        first = await hit_by(counters, range(CLIENTS))
        clock[0] += RATE.seconds
        last = await hit_by(counters, range(CLIENTS, 2 * CLIENTS))
    finally:
        tracemalloc.stop()
    assert last < first * 1.5
    assert first / CLIENTS < 500


async def test_more_clients_than_are_kept_take_no_more_memory_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_CLIENTS", 3)
    counters = MemoryCounters()
    for client in "abcd":
        await counters.hit("GET /orders", client, RATE)
    assert [(await counters.hit("GET /orders", client, RATE)).hits for client in "dcba"] == [2, 2, 2, 1]


async def test_the_first_to_be_forgotten_is_the_one_whose_time_ends_first(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MOST_CLIENTS", 5)
    counters = MemoryCounters()
    for seconds, clients in ((0, ("a", "b", "regular")), (30, ("c",)), (30, ("regular", "d", "e", "f", "g"))):
        clock[0] += seconds
        for client in clients:
            await counters.hit("GET /orders", client, RATE)
    assert (await counters.hit("GET /orders", "regular", RATE)).hits == 2


async def test_a_client_who_comes_back_later_is_counted_anew(clock: list[float]) -> None:
    counters = MemoryCounters()
    for hits, later in ((1, 30.0), (2, 29.9), (3, 0.1), (1, 60.0), (1, 0.0)):
        assert (await counters.hit("GET /orders", "client", RATE)).hits == hits
        clock[0] += later
