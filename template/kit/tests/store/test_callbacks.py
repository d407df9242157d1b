"""Each expiry calls its callback at least once."""

import asyncio
import threading

import pytest

from kit.store import StoreService
from kit.store.callbacks import Caller
from kit.store.dispatcher import ATTEMPTS, CALLBACKS_AT_ONCE, FIRST_DELAY, Dispatcher
from kit.store.engine import LEASE
from kit.tests.store.place import Place, work
from kit.tests.trial import Lines

pytestmark = pytest.mark.anyio

Heard = list[tuple[str, str]]


@pytest.fixture
def heard(store: StoreService) -> Heard:
    """Register a callback named "gone", and return the list of its calls."""
    heard: Heard = []

    @store.on_expiry("gone")
    async def listen(namespace: str, key: str) -> None:
        heard.append((namespace, key))

    assert listen
    return heard


async def test_a_callback_is_called_once_for_each_expired_key(
    store: StoreService, place: Place, dispatcher: Dispatcher, heard: Heard
) -> None:
    await store.set("a", "key", 1, ttl=1000, on_expiry="gone")
    await store.set_many("b", {"1": 1, "2": 2}, ttl=1000, on_expiry="gone")
    await store.set("b", "quiet", 1, ttl=1000)
    await work(dispatcher)
    assert heard == []
    await place.advance(1000)
    await work(dispatcher)
    await place.advance(LEASE)
    await work(dispatcher)
    assert sorted(heard) == [("a", "key"), ("b", "1"), ("b", "2")]


async def test_a_key_that_is_overwritten_or_deleted_in_time_has_no_callback(
    store: StoreService, place: Place, dispatcher: Dispatcher, heard: Heard
) -> None:
    await store.set_many("a", {"over": 1, "deleted": 1, "kept": 1}, ttl=1000, on_expiry="gone")
    await store.set("a", "over", 2, ttl=1000)
    await store.delete("a", "deleted")
    await store.expire("a", "kept", None)
    await place.advance(1000)
    await work(dispatcher)
    assert heard == []


@pytest.mark.parametrize("late", ["set", "add", "delete", "increment", "namespaces"])
async def test_a_write_that_comes_too_late_does_not_hide_the_expiry(
    store: StoreService, place: Place, dispatcher: Dispatcher, heard: Heard, late: str
) -> None:
    await store.set("a", "key", 1, ttl=1000, on_expiry="gone")
    await place.advance(1000)
    writes = {
        "set": lambda: store.set("a", "key", 2),
        "add": lambda: store.add("a", "key", 2),
        "delete": lambda: store.delete("a", "key"),
        "increment": lambda: store.increment("a", "key"),
        "namespaces": lambda: store.set("b", "key", 2),
    }
    await writes[late]()
    await work(dispatcher)
    assert heard == [("a", "key")]


async def test_another_deadline_keeps_the_callback(
    store: StoreService, place: Place, dispatcher: Dispatcher, heard: Heard
) -> None:
    await store.set("a", "key", 1, ttl=1000, on_expiry="gone")
    await store.increment("a", "key")
    assert await store.expire("a", "key", 3000)
    await place.advance(2000)
    await work(dispatcher)
    assert heard == []
    await place.advance(1000)
    await work(dispatcher)
    assert heard == [("a", "key")]


async def test_a_callback_that_is_not_a_coroutine_runs_in_a_thread(
    store: StoreService, place: Place, dispatcher: Dispatcher
) -> None:
    both_there, threads = threading.Barrier(2), set[int]()

    @store.on_expiry("gone")
    def listen(_namespace: str, _key: str) -> None:
        both_there.wait(timeout=10)
        threads.add(threading.get_ident())

    assert listen
    await store.set_many("a", {"1": 1, "2": 2}, ttl=1000, on_expiry="gone")
    await place.advance(1000)
    await work(dispatcher)
    assert len(threads) == 2
    assert threading.get_ident() not in threads


async def test_callbacks_beyond_the_concurrent_ones_follow_without_a_pause(
    store: StoreService, place: Place, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.store.dispatcher.PAUSE", 0.01)
    keys, heard = set(map(str, range(CALLBACKS_AT_ONCE + 1))), asyncio.Queue[str]()

    @store.on_expiry("gone")
    async def listen(_namespace: str, key: str) -> None:
        monkeypatch.setattr("kit.store.dispatcher.PAUSE", 1000)
        await asyncio.sleep(0.05)
        heard.put_nowait(key)

    assert listen
    await store.set_many("a", dict.fromkeys(keys, 1), ttl=1000, on_expiry="gone")
    await place.advance(1000)
    running = asyncio.create_task(dispatcher.run())
    async with asyncio.timeout(20):
        assert {await heard.get() for _ in keys} == keys
    dispatcher.stop()
    await running


async def test_a_callback_that_fails_is_retried_at_growing_intervals_and_then_skipped(
    lines: Lines, store: StoreService, place: Place, dispatcher: Dispatcher, heard: Heard
) -> None:
    attempts: list[int] = []

    @store.on_expiry("fragile")
    async def fail(_namespace: str, _key: str) -> None:
        attempts.append(len(attempts))
        raise RuntimeError("no mail today")

    assert fail
    await store.set("a", "key", 1, ttl=1000, on_expiry="fragile")
    await store.set("a", "other", 1, ttl=1000, on_expiry="gone")
    await place.advance(1000)
    for attempt in range(1, ATTEMPTS):
        await work(dispatcher)
        assert len(attempts) == attempt
        await place.advance(FIRST_DELAY * 2 ** (attempt - 1) / 1000 - 0.5)
        await work(dispatcher)
        assert len(attempts) == attempt
        await place.advance(0.5)
    for _ in range(3):
        await work(dispatcher)
        await place.advance(LEASE)
    assert len(attempts) == ATTEMPTS
    written = lines("kit.store.dispatcher")
    assert [line["attempts"] for line in written] == [*range(1, ATTEMPTS + 1)]
    assert [line["event"].endswith("for the last time") for line in written] == [False] * (ATTEMPTS - 1) + [True]
    assert {(line["level"], line["callback"], line["namespace"], line["key"]) for line in written} == {
        ("error", "fragile", "a", "key")
    }
    assert written[0]["exception"][0]["exc_value"] == "no mail today"
    assert heard == [("a", "other")]


async def test_a_callback_that_is_not_registered_is_logged_as_an_error_and_skipped(
    lines: Lines, store: StoreService, place: Place, dispatcher: Dispatcher, heard: Heard
) -> None:
    await store.set("a", "key", 1, ttl=1000, on_expiry="unknown")
    await store.set("a", "other", 1, ttl=1000, on_expiry="gone")
    await place.advance(1000)
    await work(dispatcher)
    [line] = lines("kit.store.dispatcher")
    assert (line["level"], line["callback"], line["namespace"], line["key"]) == ("error", "unknown", "a", "key")
    assert "not registered" in line["event"]
    assert heard == [("a", "other")]
    await place.advance(LEASE)
    await work(dispatcher)
    assert lines("kit.store.dispatcher") == []


async def test_a_call_that_was_interrupted_is_made_again(store: StoreService, place: Place, heard: Heard) -> None:
    await store.set("a", "key", 1, ttl=1000, on_expiry="gone")
    await place.advance(1000)
    await store.engine.sweep(10)
    [call] = await store.engine.take(10)
    assert await store.engine.take(10) == []
    await place.advance(LEASE / 1000 - 1)
    await store.engine.renew([call])
    await place.advance(LEASE / 1000 - 1)
    assert await store.engine.take(10) == []
    await place.advance(1)
    assert await store.engine.take(10) == [call]
    assert heard == []


async def test_callbacks_of_keys_that_expired_before_a_restart_are_called_after_it(place: Place) -> None:
    store = StoreService(place.open())
    await store.set_many("a", {"unswept": 1, "swept": 1}, ttl=1000, on_expiry="gone")
    await place.advance(1000)
    await store.engine.sweep(1)
    await store.close()
    store, heard = StoreService(place.open()), asyncio.Queue[str]()

    @store.on_expiry("gone")
    async def listen(_namespace: str, key: str) -> None:
        heard.put_nowait(key)

    assert listen
    dispatcher = Dispatcher(store.engine, store.callbacks, Caller(1, timeout=10))
    await work(dispatcher)
    await dispatcher.close()
    await store.close()
    assert sorted(heard.get_nowait() for _ in range(heard.qsize())) == ["swept", "unswept"]


async def test_expiries_are_handled_again_after_any_error(
    store: StoreService, place: Place, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.store.dispatcher.PAUSE", 0.01)
    failed, heard = asyncio.Event(), asyncio.Event()

    @store.on_expiry("gone")
    async def listen(_namespace: str, _key: str) -> None:
        heard.set()

    assert listen

    async def fail(_callbacks: object) -> None:
        failed.set()
        raise LookupError

    with monkeypatch.context() as broken:
        broken.setattr(store.engine, "renew", fail)
        running = asyncio.create_task(dispatcher.run())
        await failed.wait()
    await store.set("a", "key", 1, ttl=1000, on_expiry="gone")
    await place.advance(1000)
    async with asyncio.timeout(20):
        await heard.wait()
    dispatcher.stop()
    await running
