"""An expired key is gone, even if it is not swept yet."""

import math
from datetime import timedelta

import pytest

from kit.store import StoreService
from kit.store.engine import LEASE
from kit.tests.store.place import Place

pytestmark = pytest.mark.anyio


async def test_a_key_lives_until_its_ttl_has_passed(store: StoreService, place: Place) -> None:
    await store.set("a", "key", 1, ttl=1000)
    await store.set("a", "other", 2, ttl=timedelta(hours=1))
    assert 990 < (await store.ttl("a", "key") or 0) <= 1000
    await place.advance(500)
    assert await store.get("a", "key") == 1
    assert 490 < (await store.ttl("a", "key") or 0) <= 500
    await place.advance(500)
    assert await store.get("a", "key") is None
    assert await store.ttl("a", "key") is None
    assert not await store.exists("a", "key")
    assert await store.get_many("a", ["key", "other"]) == {"other": 2}
    assert await store.scan("a") == [("other", 2)]
    assert not await store.expire("a", "key", 5)
    assert not await store.delete("a", "key")


async def test_a_write_to_an_expired_key_starts_anew(store: StoreService, place: Place) -> None:
    for key in ("count", "add", "set"):
        await store.set("a", key, 7, ttl=1000)
    await place.advance(1000)
    assert await store.increment("a", "count") == 1
    assert await store.add("a", "add", 2)
    await store.set("a", "set", 3)
    assert await store.scan("a") == [("add", 2), ("count", 1), ("set", 3)]
    assert {await store.ttl("a", key) for key in ("count", "add", "set")} == {math.inf}


async def test_the_ttl_of_a_key_can_be_extended_shortened_or_removed(store: StoreService, place: Place) -> None:
    await store.set_many("a", dict.fromkeys(["longer", "shorter", "for ever"], 0), ttl=1000)
    assert await store.expire("a", "longer", 3000)
    assert await store.expire("a", "shorter", 500)
    assert await store.expire("a", "for ever", None)
    await place.advance(500)
    assert [key for key, _ in await store.scan("a")] == ["for ever", "longer"]
    await place.advance(1000)
    assert [key for key, _ in await store.scan("a")] == ["for ever", "longer"]
    await place.advance(2000)
    assert [key for key, _ in await store.scan("a")] == ["for ever"]


async def test_writing_over_a_key_drops_its_deadline(store: StoreService, place: Place) -> None:
    await store.set("a", "key", 1, ttl=1000)
    await store.set("a", "key", 2)
    await place.advance(1000)
    assert await store.engine.sweep(10) == 0
    assert await store.get("a", "key") == 2


async def test_a_sweep_removes_a_limited_number_of_expired_keys(store: StoreService, place: Place) -> None:
    await store.set_many("a", dict.fromkeys(map(str, range(25)), 0), ttl=1000)
    await store.set_many("a", {"later": 0}, ttl=3000)
    assert await store.engine.sweep(10) == 0
    await place.advance(2000)
    assert [await store.engine.sweep(10) for _ in range(4)] == [10, 10, 5, 0]
    assert [record.name for record in await store.engine.records(b"", 100)] == [b"a\0later"]


async def test_a_scan_skips_expired_keys(store: StoreService, place: Place) -> None:
    await store.set_many("a", {f"{number:04}": 0 for number in range(1200)}, ttl=1000)
    await store.set_many("a", {"0600": 1, "9999": 2})
    await place.advance(1000)
    assert await store.scan("a", limit=2) == [("0600", 1), ("9999", 2)]


async def test_a_ttl_is_at_least_a_millisecond(store: StoreService, place: Place) -> None:
    await store.set("a", "key", 1, ttl=0.0001)
    await place.advance(0.001)
    assert not await store.exists("a", "key")


async def test_a_call_knows_when_its_key_expired(store: StoreService, place: Place) -> None:
    for key in ("swept", "overwritten"):
        await store.set("a", key, 1, ttl=1000, on_expiry="gone")
    await place.advance(4000)
    deadlines = {each.name: each.deadline for each in await store.engine.records(b"", 10)}
    await store.set("a", "overwritten", 2)
    await store.engine.sweep(10)
    calls = await store.engine.take(10)
    assert all(deadlines.values())
    assert {call.name: call.expired_at for call in calls} == deadlines
    await place.advance(LEASE / 1000)
    assert await store.engine.take(10) == calls
