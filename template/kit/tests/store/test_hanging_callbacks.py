"""A callback that hangs has a limit; it stops neither the others nor the stop of the service."""

import asyncio
import threading
from collections.abc import Callable, Generator
from contextlib import suppress

import pytest

from kit.store import StoreService
from kit.store.callbacks import Caller
from kit.store.dispatcher import Dispatcher
from kit.store.engine import LEASE
from kit.tests.store.place import Place, work
from kit.tests.trial import Lines

pytestmark = pytest.mark.anyio

Heard = list[tuple[str, str]]
Hang = Callable[[StoreService, threading.Event], None]


def hang_on_the_loop(store: StoreService, _free: threading.Event) -> None:
    @store.on_expiry("hangs")
    async def hang(_namespace: str, _key: str) -> None:
        await asyncio.Event().wait()

    assert hang


def hang_in_a_thread(store: StoreService, free: threading.Event) -> None:
    @store.on_expiry("hangs")
    def hang(_namespace: str, _key: str) -> None:
        free.wait()

    assert hang


@pytest.fixture
def free() -> Generator[threading.Event]:
    """Yield an event that hanging threads wait for; it is set at the end."""
    free = threading.Event()
    yield free
    free.set()


@pytest.mark.parametrize("hang", [hang_on_the_loop, hang_in_a_thread])
async def test_a_callback_that_hangs_has_a_limit_and_does_not_stop_the_others(
    lines: Lines, store: StoreService, place: Place, free: threading.Event, hang: Hang
) -> None:
    hang(store, free)
    heard: Heard = []

    @store.on_expiry("gone")
    def listen(namespace: str, key: str) -> None:
        heard.append((namespace, key))

    assert listen
    await store.set_many("a", {"1": 1, "2": 2, "3": 3}, ttl=1000, on_expiry="hangs")
    await store.set("b", "key", 1, ttl=1000, on_expiry="gone")
    await place.advance(1000)
    dispatcher = Dispatcher(store.engine, store.callbacks, Caller(1, timeout=0.05))
    async with asyncio.timeout(20):
        await work(dispatcher)
    assert heard == [("b", "key")]
    written = lines("kit.store.dispatcher")
    assert [(line["callback"], line["attempts"]) for line in written] == [("hangs", 1)] * 3
    assert {line["exception"][0]["exc_type"] for line in written} == {"TimeoutError"}


async def test_a_callback_that_ignores_its_cancellation_does_not_stop_the_stop(
    store: StoreService, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.store.dispatcher.LAST_SECONDS", 0.05)

    @store.on_expiry("hangs")
    async def hang(_namespace: str, _key: str) -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    assert hang
    await store.set("a", "key", 1, ttl=1000, on_expiry="hangs")
    await place.advance(1000)
    dispatcher = Dispatcher(store.engine, store.callbacks, Caller(1, timeout=1000))
    await dispatcher.step()
    await asyncio.sleep(0.05)
    async with asyncio.timeout(20):
        await dispatcher.close()


async def test_functions_run_in_a_limited_number_of_threads(free: threading.Event) -> None:
    running: list[str] = []

    def wait(_namespace: str, key: str) -> None:
        running.append(key)
        free.wait()

    caller = Caller(2, timeout=1000)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        for key in "abcd":
            group.create_task(caller.call(wait, "a", key))
        while len(running) < 2:  # noqa: ASYNC110 - the threads send no event
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)
        assert running == ["a", "b"]
        free.set()
    assert sorted(running) == [*"abcd"]


@pytest.mark.parametrize("hang", [hang_on_the_loop, hang_in_a_thread])
async def test_a_callback_that_hangs_does_not_stop_the_stop_and_is_called_again(
    store: StoreService, place: Place, free: threading.Event, monkeypatch: pytest.MonkeyPatch, hang: Hang
) -> None:
    monkeypatch.setattr("kit.store.dispatcher.LAST_SECONDS", 0.05)
    hang(store, free)
    await store.set("a", "key", 1, ttl=1000, on_expiry="hangs")
    await place.advance(1000)
    dispatcher = Dispatcher(store.engine, store.callbacks, Caller(1, timeout=1000))
    await dispatcher.step()
    async with asyncio.timeout(20):
        await dispatcher.close()
    async with asyncio.timeout(5):
        await dispatcher.finish()  # nothing runs any more
    await place.advance(LEASE / 1000)
    assert [call.callback for call in await store.engine.take(10)] == ["hangs"]
