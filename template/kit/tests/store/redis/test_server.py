"""The server of a store: unavailable, back again, full, and with an invalid URL."""

import asyncio
import socket

import pytest
from pydantic import SecretStr

from kit.errors import ServiceUnavailableException
from kit.limits.rate import Rate
from kit.settings import SettingsError, read_settings
from kit.store import StoreFullError, StoreService
from kit.store.redis.engine import RedisEngine
from kit.store.redis.settings import RedisSettings
from kit.testing.service import ask, given, started
from kit.testing.store_on_redis import RedisPlace
from kit.tests.store.redis.member import Member

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


async def test_a_server_that_does_not_answer_is_a_503() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = SecretStr(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        store = StoreService(RedisEngine(RedisSettings(url=url, timeout=0.2), 256))
        async with asyncio.timeout(10):
            with pytest.raises(ServiceUnavailableException):
                await store.get("a", "key")
        await store.close()


async def test_a_wait_for_a_connection_has_a_limit(place: RedisPlace) -> None:
    engine = RedisEngine(place.settings.model_copy(update={"pool_size": 1, "timeout": 0.2}), 256)
    pool = engine.server.redis.connection_pool
    connection = await pool.get_connection()
    async with asyncio.timeout(10):
        with pytest.raises(ServiceUnavailableException):
            await StoreService(engine).get("a", "key")
    await pool.release(connection)
    await engine.close()


async def test_a_server_without_memory_says_so(engine: RedisEngine) -> None:
    refusal = "return redis.error_reply('OOM command not allowed when used memory > maxmemory')"
    with pytest.raises(StoreFullError):
        await engine.server.ask(engine.server.redis.eval(refusal, 0))


REFUSALS = {
    "READONLY": "READONLY You can't write against a read only replica.",
    "MISCONF": "MISCONF Redis is configured to save RDB snapshots, but is currently not able to persist on disk.",
    "LOADING": "LOADING Redis is loading the dataset in memory",
    "BUSY": "BUSY Redis is busy running a script.",
    "NOREPLICAS": "NOREPLICAS Not enough good replicas to write.",
    "CLUSTERDOWN": "CLUSTERDOWN The cluster is down",
    "NOAUTH": "NOAUTH Authentication required.",
    "ERR": "ERR max number of clients reached",
}


@pytest.mark.parametrize("answer", REFUSALS.values(), ids=REFUSALS)
async def test_a_server_that_refuses_to_work_is_a_503(engine: RedisEngine, answer: str) -> None:
    with pytest.raises(ServiceUnavailableException):
        await engine.server.ask(engine.server.redis.eval("return redis.error_reply(ARGV[1])", 0, answer))


async def test_a_service_without_permission_is_not_ready_until_it_has_it_again(member: Member) -> None:
    async with started(given(), member.settings) as app, ask(app) as client:
        assert (await client.get("/ready")).status_code == 200
        await member.forbid()
        with pytest.raises(ServiceUnavailableException, match="The store refuses to work"):
            await app.state.store.set("a", "key", 1)
        answer = (await client.get("/ready")).json()["checks"]["store"]
        assert answer["error"].startswith("The store refuses to work: ")
        assert [(await app.state.counters.hit("GET /", "client", Rate(1, 60))).hits for _ in range(2)] == [1, 2]
        await member.allow()
        assert (await client.get("/ready")).status_code == 200


@pytest.mark.parametrize("url", ["", "localhost", "http://localhost", "redis:///0"])
async def test_an_invalid_url_is_refused_with_a_valid_example(url: str) -> None:
    with pytest.raises(ValueError, match="write it like redis://localhost"):
        RedisSettings(url=SecretStr(url))


async def test_the_error_about_an_invalid_url_shows_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_URL", "http://:hunter2@localhost")
    with pytest.raises(SettingsError, match="STORE_URL") as error:
        read_settings()
    assert "hunter2" not in str(error.value) + repr(RedisSettings(password=SecretStr("hunter2"), url=AWAY.url))
