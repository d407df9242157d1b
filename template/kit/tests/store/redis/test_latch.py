"""The lock between machines: it is renewed, and whoever loses it is cancelled before another can have it."""

import asyncio

import pytest

from kit.store import LockLostError, StoreService
from kit.store.redis import latch
from kit.store.redis.engine import RedisEngine
from kit.testing.store_on_redis import RedisPlace
from kit.tests.store.redis.member import Member

pytestmark = pytest.mark.anyio


async def test_a_lock_is_renewed_as_long_as_it_is_held(store: StoreService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latch, "LIFE", 3.0)
    monkeypatch.setattr(latch, "RENEWALS", 30)
    other = store.engine.latch(b"a")
    async with store.create_namespace_lock("a"):
        for _ in range(7):
            await asyncio.sleep(0.5)
            assert not await other.try_acquire()
    assert await other.try_acquire()


async def hold(store: StoreService, entered: asyncio.Event) -> None:
    async with store.create_namespace_lock("a"):
        entered.set()
        await asyncio.Event().wait()


async def test_a_task_that_loses_its_lock_is_cancelled(
    store: StoreService, place: RedisPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latch, "RENEWALS", 400)
    entered = asyncio.Event()
    holder = asyncio.create_task(hold(store, entered))
    await entered.wait()
    await place.redis.set(place.base + "lock:a", "somebody else")
    await asyncio.wait([holder], timeout=10)
    assert holder.done()
    assert isinstance(holder.exception(), LockLostError)
    assert holder.cancelling() == 0
    assert await place.redis.get(place.base + "lock:a") == b"somebody else"


async def test_a_task_whose_renewals_are_refused_is_cancelled_before_another_can_enter(
    store: StoreService, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latch, "LIFE", 2.0)
    refused, entered = StoreService(RedisEngine(member.settings, 256)), asyncio.Event()
    holder = asyncio.create_task(hold(refused, entered))
    await entered.wait()
    await member.forbid()
    async with store.create_namespace_lock("a", timeout=20):
        assert holder.done()
    assert isinstance(holder.exception(), LockLostError)
    await refused.close()


async def test_a_task_whose_renewal_gets_no_answer_is_cancelled(
    store: StoreService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_latch: latch.KeyLatch) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(latch, "LIFE", 1.0)
    monkeypatch.setattr(latch.KeyLatch, "_renew", hang)
    holder = asyncio.create_task(hold(store, asyncio.Event()))
    await asyncio.wait([holder], timeout=10)
    assert holder.done()
    assert isinstance(holder.exception(), LockLostError)


async def test_a_released_lock_is_not_renewed_and_does_not_cancel_its_next_holder(
    store: StoreService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latch, "RENEWALS", 1000)
    async with store.create_namespace_lock("a"):
        pass
    async with store.create_namespace_lock("a"):
        await asyncio.sleep(0.2)


async def test_a_lock_survives_renewals_that_are_refused_for_a_moment(
    member: Member, store: StoreService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latch, "LIFE", 3.0)
    monkeypatch.setattr(latch, "RENEWALS", 60)
    shaken = StoreService(RedisEngine(member.settings, 256))
    async with shaken.create_namespace_lock("a"):
        await member.forbid()
        await asyncio.sleep(0.3)
        await member.allow()
        await asyncio.sleep(3)
        assert not await store.engine.latch(b"a").try_acquire()
    assert await store.engine.latch(b"a").try_acquire()
    await shaken.close()


async def test_a_lock_that_cannot_be_kept_for_an_unknown_reason_is_lost(
    store: StoreService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_latch: latch.KeyLatch) -> None:
        raise LookupError

    monkeypatch.setattr(latch.KeyLatch, "keep", fail)
    holder = asyncio.create_task(hold(store, asyncio.Event()))
    await asyncio.wait([holder], timeout=10)
    assert holder.done()
    assert isinstance(holder.exception(), LockLostError)
