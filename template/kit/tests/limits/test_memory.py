"""Counters in memory."""

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
    """Count one request of each client, and return the bytes in use afterwards."""
    for client in clients:
        await counters.hit("GET /orders", f"client {client}", RATE)
    return tracemalloc.get_traced_memory()[0]


async def test_new_clients_do_not_increase_the_memory_in_use(clock: list[float]) -> None:
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


async def test_the_number_of_clients_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MAX_CLIENTS", 3)
    counters = MemoryCounters()
    for client in "abcd":
        await counters.hit("GET /orders", client, RATE)
    assert [(await counters.hit("GET /orders", client, RATE)).hits for client in "dcba"] == [2, 2, 2, 1]


async def test_the_count_that_ends_first_is_dropped_first(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MAX_CLIENTS", 5)
    counters = MemoryCounters()
    for seconds, clients in ((0, ("a", "b", "regular")), (30, ("c",)), (30, ("regular", "d", "e", "f", "g"))):
        clock[0] += seconds
        for client in clients:
            await counters.hit("GET /orders", client, RATE)
    assert (await counters.hit("GET /orders", "regular", RATE)).hits == 2


async def test_a_new_window_starts_at_zero(clock: list[float]) -> None:
    counters = MemoryCounters()
    for hits, later in ((1, 30.0), (2, 29.9), (3, 0.1), (1, 60.0), (1, 0.0)):
        assert (await counters.hit("GET /orders", "client", RATE)).hits == hits
        clock[0] += later
