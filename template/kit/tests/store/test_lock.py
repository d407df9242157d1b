"""The lock of a namespace: one task at a time, even if tasks fail or are cancelled."""

import asyncio

import pytest

from kit.store import LockTimeoutError, NamespaceLock, StoreService
from kit.store.lock import Turn
from kit.tests.store.place import Place

pytestmark = pytest.mark.anyio


async def test_one_task_at_a_time_holds_it_in_the_order_in_which_they_came(store: StoreService) -> None:
    order: list[str] = []

    async def work(number: int) -> None:
        async with store.create_namespace_lock("a"):
            order.append(f"{number} in")
            await asyncio.sleep(0.001)
            order.append(f"{number} out")

    await asyncio.gather(*(work(number) for number in range(5)))
    assert order == [f"{number} {way}" for number in range(5) for way in ("in", "out")]


def lock_of_another_process(store: StoreService, timeout: float | None = None) -> NamespaceLock:
    return NamespaceLock("a", Turn(), store.engine.latch(b"a"), timeout)


async def test_another_process_waits_until_it_is_free(store: StoreService) -> None:
    entered = asyncio.Event()

    async def enter() -> None:
        async with lock_of_another_process(store):
            entered.set()

    async with store.create_namespace_lock("a"):
        with pytest.raises(LockTimeoutError, match=r"'a' was not free within 0.02 s"):
            async with lock_of_another_process(store, timeout=0.02):
                pass
        task = asyncio.create_task(enter())
        async with store.create_namespace_lock("b"):
            assert not entered.is_set()
    async with asyncio.timeout(10):
        await task


async def test_it_is_free_after_the_block_even_while_somebody_keeps_the_lock_object(store: StoreService) -> None:
    lock = store.create_namespace_lock("a")
    async with lock:
        pass
    async with lock_of_another_process(store, timeout=5):
        pass


async def test_a_task_that_waits_too_long_gets_an_error_and_leaves_no_trace(store: StoreService) -> None:
    async def wait() -> None:
        async with store.create_namespace_lock("a", timeout=0.01):
            pass

    async with store.create_namespace_lock("a"):
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await asyncio.create_task(wait())
    await wait()


async def test_a_task_that_already_holds_it_gets_an_error(store: StoreService) -> None:
    async with store.create_namespace_lock("a"):
        with pytest.raises(RuntimeError, match="This task already holds the lock of 'a'"):
            async with store.create_namespace_lock("a"):
                pass
    async with store.create_namespace_lock("a", timeout=1):
        pass


async def test_a_block_that_fails_or_is_cancelled_frees_it(store: StoreService) -> None:
    entered = asyncio.Event()

    async def hang() -> None:
        async with store.create_namespace_lock("a"):
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await entered.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    with pytest.raises(LookupError):
        async with store.create_namespace_lock("a", timeout=1):
            raise LookupError
    async with store.create_namespace_lock("a", timeout=1):
        pass


async def test_a_lock_does_not_count_as_a_namespace(place: Place) -> None:
    store = StoreService(place.open(max_namespaces=1))
    async with store.create_namespace_lock("a"):
        await store.set("b", "key", 1)
    await store.close()
