"""The server of a store: unavailable, back again, full, and with an invalid URL."""

import asyncio

import pytest
from pydantic import SecretStr

from kit.errors import ServiceUnavailableException
from kit.settings import SettingsError, read_settings
from kit.store import LockLostError, StoreFullError, StoreService
from kit.store.redis import latch
from kit.store.redis.engine import RedisEngine
from kit.store.redis.settings import RedisSettings
from kit.testing.service import ask, given, started
from kit.testing.store_on_redis import RedisPlace

pytestmark = pytest.mark.anyio

AWAY = RedisSettings(url=SecretStr("redis://127.0.0.1:1/0"))


@pytest.fixture
def engine(store: StoreService) -> RedisEngine:
    assert isinstance(store.engine, RedisEngine)
    return store.engine


async def test_a_server_that_is_away_is_a_503() -> None:
    store = StoreService(RedisEngine(AWAY, 256))
    for call in (store.get("a", "key"), store.set("a", "key", 1), store.scan("a"), store.ping()):
        with pytest.raises(ServiceUnavailableException, match="The store does not answer"):
            await call
    await store.close()


async def test_a_service_without_its_server_starts_and_is_not_ready() -> None:
    async with started(given(), AWAY) as app, ask(app) as client:
        answer = await client.get("/ready")
        assert (answer.status_code, answer.json()["checks"]["store"]["status"]) == (503, "failed")
        assert (await client.get("/health")).status_code == 200


async def test_connections_that_were_cut_are_opened_again(store: StoreService, place: RedisPlace) -> None:
    await asyncio.gather(*(store.set("a", str(number), number) for number in range(10)))
    await place.redis.client_kill_filter(_type="normal", skipme=True)
    results = await asyncio.gather(*(store.get("a", str(number)) for number in range(10)))
    assert results == list(range(10))


async def test_more_tasks_than_connections_wait_for_one(place: RedisPlace) -> None:
    store = StoreService(RedisEngine(place.settings.model_copy(update={"pool_size": 2}), 256))
    await asyncio.gather(*(store.increment("a", "key") for _ in range(100)))
    assert await store.get("a", "key") == 100
    await store.close()


async def test_a_server_without_memory_says_so(engine: RedisEngine) -> None:
    refusal = "return redis.error_reply('OOM command not allowed when used memory > maxmemory')"
    with pytest.raises(StoreFullError):
        await engine.server.ask(engine.server.redis.eval(refusal, 0))


async def test_a_lock_is_renewed_as_long_as_it_is_held(store: StoreService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latch, "LIFE", 0.2)
    other = store.engine.latch(b"a")
    async with store.create_namespace_lock("a"):
        for _ in range(10):
            await asyncio.sleep(0.04)
            assert not await other.try_acquire()
    assert await other.try_acquire()


async def test_a_task_that_loses_its_lock_is_cancelled(
    store: StoreService, place: RedisPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latch, "RENEWALS", 400)
    with pytest.raises(LockLostError, match="'a' was lost"):
        async with asyncio.timeout(20), store.create_namespace_lock("a"):
            await place.redis.set(place.base + "lock:a", "somebody else")
            await asyncio.Event().wait()
    assert await place.redis.get(place.base + "lock:a") == b"somebody else"


@pytest.mark.parametrize("url", ["", "localhost", "http://localhost", "redis:///0"])
async def test_an_invalid_url_is_refused_with_a_valid_example(url: str) -> None:
    with pytest.raises(ValueError, match="write it like redis://localhost"):
        RedisSettings(url=SecretStr(url))


async def test_the_error_about_an_invalid_url_shows_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_URL", "http://:hunter2@localhost")
    with pytest.raises(SettingsError, match="STORE_URL") as error:
        read_settings()
    assert "hunter2" not in str(error.value) + repr(RedisSettings(password=SecretStr("hunter2"), url=AWAY.url))
