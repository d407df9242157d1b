"""What a store refuses, and how it says so."""

import asyncio
import math
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from fastapi import FastAPI

from kit.store import StoreService, get_store
from kit.store.transfer import export_lines
from kit.store.values import MAX_TTL
from kit.tests.store.place import Place

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("namespace", "key", "fault"),
    [
        ("", "key", "A namespace must not be empty"),
        ("a\0b", "key", "or contain NUL"),
        ("a", "", "A key must not be empty"),
        ("a", "k" * 510, "at most 510 bytes"),
        ("a", "é" * 255, "at most 510 bytes"),
        ("a" * 600, "k", "at most 510 bytes"),
    ],
)
async def test_an_invalid_name(store: StoreService, namespace: str, key: str, fault: str) -> None:
    calls = [store.get, store.delete, store.exists, store.ttl, store.increment]
    for call in (*(call(namespace, key) for call in calls), store.set(namespace, key, 1), store.add(namespace, key, 1)):
        with pytest.raises(ValueError, match=fault):
            await call


async def test_the_longest_name_is_valid(store: StoreService) -> None:
    await store.set("a", "k" * 509, 1, ttl=10)
    assert await store.exists("a", "k" * 509)


@pytest.mark.parametrize("name", [None, 7, b"key"])
async def test_a_name_that_is_not_a_string(store: StoreService, name: Any) -> None:
    with pytest.raises(TypeError, match="must be strings"):
        await store.get("a", name)
    with pytest.raises(TypeError, match="must be strings"):
        await store.set(name, "key", 1)


@pytest.mark.parametrize(
    "value",
    [None, (1, 2), {1, 2}, {1: 2}, {"at": (1,)}, [math.nan], math.inf, datetime.now(UTC), UUID(int=1), object(), 2**64],
    ids=lambda value: type(value).__name__,
)
async def test_a_value_that_would_not_come_back_unchanged(store: StoreService, value: Any) -> None:
    with pytest.raises(TypeError, match="what JSON returns unchanged"):
        await store.set("a", "key", value)
    assert not await store.exists("a", "key")


async def test_a_value_that_is_too_large(store: StoreService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.store.values.MAX_VALUE_SIZE", 1000)
    await store.set("a", "key", "x" * 999)
    with pytest.raises(ValueError, match="at most 1000 bytes"):
        await store.set("a", "key", "x" * 1000)


TOO_LONG = [MAX_TTL + 1, 1e14, 1e16, 1e300, 10**400, timedelta.max]


@pytest.mark.parametrize("ttl", [0, -1, math.nan, math.inf, timedelta(seconds=-1), *TOO_LONG], ids=str)
async def test_a_ttl_that_is_not_positive_or_too_long_changes_nothing(
    store: StoreService, ttl: float | timedelta
) -> None:
    await store.set("a", "key", 1, ttl=60)
    calls = [
        store.set("a", "key", 2, ttl=ttl),
        store.set_many("a", {"key": 2, "other": 2}, ttl=ttl),
        store.add("a", "new", 2, ttl=ttl),
        store.expire("a", "key", ttl),
        store.increment("a", "n", ttl=ttl),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="A TTL must be a positive number of seconds up to"):
            await call
    assert await store.scan("a") == [("key", 1)]
    assert await store.ttl("a", "key") == pytest.approx(60, abs=20)


async def test_the_longest_ttl_is_valid(store: StoreService) -> None:
    await store.set("a", "key", 1, ttl=MAX_TTL)
    assert await store.expire("a", "key", timedelta(seconds=MAX_TTL))
    assert await store.ttl("a", "key") == pytest.approx(MAX_TTL, abs=20)
    [line] = [orjson.loads(line) async for line in export_lines(store)]
    assert line["expires_at"] > "3000"


@pytest.mark.parametrize("timeout", [-1, math.nan, math.inf, *TOO_LONG[:-1]], ids=str)
async def test_a_lock_with_a_timeout_that_never_ends(store: StoreService, timeout: float) -> None:
    with pytest.raises(ValueError, match="A timeout must be a number of seconds up to"):
        store.create_namespace_lock("a", timeout=timeout)


async def test_a_callback_without_a_ttl_or_a_name(store: StoreService) -> None:
    with pytest.raises(ValueError, match="needs a ttl"):
        await store.set("a", "key", 1, on_expiry="gone")
    with pytest.raises(ValueError, match="must not be empty"):
        await store.set("a", "key", 1, ttl=1, on_expiry="")
    with pytest.raises(ValueError, match="must not be empty"):
        store.on_expiry("")


async def test_a_callback_name_is_registered_once(store: StoreService) -> None:
    def gone(namespace: str, key: str) -> None: ...

    assert store.on_expiry("gone")(gone) is gone
    with pytest.raises(ValueError, match="named 'gone' is already registered"):
        store.on_expiry("gone")(gone)


@pytest.mark.parametrize("by", [1.5, "1", True, 2**63])
async def test_an_increment_by_something_other_than_an_integer(store: StoreService, by: Any) -> None:
    with pytest.raises(TypeError, match="by a 64-bit integer"):
        await store.increment("a", "key", by)


async def test_a_scan_with_a_limit_of_zero(store: StoreService) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        await store.scan("a", limit=0)


async def test_use_after_closing(place: Place) -> None:
    store = StoreService(place.open())
    await store.close()
    await store.close()
    for call in (store.get("a", "key"), store.set("a", "key", 1), store.scan("a"), store.ping()):
        with pytest.raises(RuntimeError, match="The store is closed"):
            await call


async def test_use_from_another_event_loop(app: FastAPI) -> None:
    async def use() -> None:
        get_store(app)

    await use()
    with pytest.raises(RuntimeError, match="open in another event loop"):
        await asyncio.to_thread(asyncio.run, use())
