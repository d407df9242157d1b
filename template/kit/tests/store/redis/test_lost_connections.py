"""Connections that are lost: what may run twice is tried again, and nothing else is."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from kit.errors import ServiceUnavailableException
from kit.limits.rate import Rate
from kit.store.engine import DueCallback, Lifetime
from kit.store.redis.counters import RedisCounters
from kit.store.redis.engine import RedisEngine
from kit.testing.lossy_proxy import LossyProxy
from kit.testing.store_on_redis import RedisPlace

pytestmark = pytest.mark.anyio

NAME = b"numbers\0one"
FOREVER = Lifetime(None)
CALLBACK = DueCallback("f" * 16, NAME, "callback", 0)

REPEATABLE: dict[str, Callable[[RedisEngine], Awaitable[object]]] = {
    "get": lambda engine: engine.get(NAME),
    "get_many": lambda engine: engine.get_many([NAME]),
    "put": lambda engine: engine.put([(NAME, b"2")], FOREVER),
    "expire": lambda engine: engine.expire(NAME, 60_000),
    "left": lambda engine: engine.left(NAME),
    "scan": lambda engine: engine.scan(b"numbers\0", b"", 10),
    "records": lambda engine: engine.records(b"", 10),
    "sweep": lambda engine: engine.sweep(10),
    "renew": lambda engine: engine.renew([CALLBACK]),
    "settle": lambda engine: engine.settle(CALLBACK),
    "retry": lambda engine: engine.retry(CALLBACK, 1),
    "ping": lambda engine: engine.ping(),
    "release": lambda engine: engine.latch(b"numbers").release(),
}
ONCE: dict[str, Callable[[RedisEngine], Awaitable[object]]] = {
    "increment": lambda engine: engine.increment(NAME, 1, None),
    "put only_new": lambda engine: engine.put([(NAME, b"2")], FOREVER, only_new=True),
    "delete": lambda engine: engine.delete(NAME),
    "take": lambda engine: engine.take(10),
    "try_acquire": lambda engine: engine.latch(b"numbers").try_acquire(),
}


@pytest.fixture
async def engine(place: RedisPlace) -> AsyncGenerator[RedisEngine]:
    engine = place.open()
    await engine.put([(NAME, b"1")], FOREVER)
    yield engine
    await engine.close()


@pytest.fixture
async def proxy(place: RedisPlace) -> LossyProxy:
    url = urlsplit(place.settings.url.get_secret_value())
    return LossyProxy(url.hostname or "localhost", url.port or 6379)


@pytest.fixture
async def through(proxy: LossyProxy, place: RedisPlace) -> AsyncGenerator[RedisEngine]:
    """Return an engine that reaches the server through the proxy."""
    url = urlsplit(place.settings.url.get_secret_value())
    login, at, _ = url.netloc.rpartition("@")
    async with proxy.open() as port:
        through = url._replace(netloc=f"{login}{at}127.0.0.1:{port}")
        engine = RedisEngine(place.settings.model_copy(update={"url": SecretStr(through.geturl())}), 256)
        await engine.put([(NAME, b"1")], FOREVER)
        yield engine
        await engine.close()


@pytest.mark.parametrize("operation", REPEATABLE.values(), ids=REPEATABLE)
async def test_what_may_run_twice_is_tried_again(
    engine: RedisEngine,
    place: RedisPlace,
    operation: Callable[[RedisEngine], Awaitable[object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The client looks whether a connection is lost before it uses it. These are lost just after that.
    monkeypatch.setattr(engine.server.redis.connection_pool, "ensure_connection", _connect)
    await operation(engine)
    await place.redis.client_kill_filter(_type="normal", skipme=True)
    await operation(engine)


@pytest.mark.parametrize("operation", REPEATABLE.values(), ids=REPEATABLE)
async def test_what_may_run_twice_answers_although_its_answer_was_lost(
    through: RedisEngine, proxy: LossyProxy, operation: Callable[[RedisEngine], Awaitable[object]]
) -> None:
    before = await operation(through)
    proxy.lose_next()
    assert await operation(through) == before


@pytest.mark.parametrize("operation", ONCE.values(), ids=ONCE)
async def test_what_may_not_run_twice_is_a_503(
    through: RedisEngine, proxy: LossyProxy, operation: Callable[[RedisEngine], Awaitable[object]]
) -> None:
    await operation(through)
    proxy.lose_next()
    with pytest.raises(ServiceUnavailableException):
        await operation(through)


async def test_an_increment_whose_answer_was_lost_has_run_once(through: RedisEngine, proxy: LossyProxy) -> None:
    assert await through.increment(NAME, 1, None) == 2
    proxy.lose_next()
    with pytest.raises(ServiceUnavailableException):
        await through.increment(NAME, 1, None)
    assert await through.get(NAME) == b"3"


async def test_a_hit_whose_answer_was_lost_is_counted_once(
    through: RedisEngine, proxy: LossyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.store.redis.counters.PAUSE", 0)
    counters, rate = RedisCounters(through.server), Rate(100, 60)
    await counters.hit("GET /", "client", rate)
    proxy.lose_next()
    await counters.hit("GET /", "client", rate)  # in this process
    assert (await counters.hit("GET /", "client", rate)).hits == 3


async def _connect(connection: Any) -> None:
    await connection.connect()
