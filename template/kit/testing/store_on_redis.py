"""Fixtures for a store on Redis, on the server of `STORE_URL`, or else on a new one."""

import os
from collections.abc import AsyncGenerator, Generator
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from kit.store.engine import Engine
from kit.store.names import namespace_of
from kit.store.redis.engine import RedisEngine
from kit.store.redis.settings import RedisSettings

ADVANCE = """
local base, by = KEYS[1], ARGV[1]
for _, set in ipairs({'deadlines', 'due'}) do
  for _, member in ipairs(redis.call('ZRANGE', base .. set, 0, -1)) do
    local at = redis.call('ZINCRBY', base .. set, -by, member)
    if set == 'deadlines' then redis.call('PEXPIREAT', base .. 'data:' .. member, at) end
  end
end
"""


class RedisPlace:
    """A prefix on the server; `advance` moves all deadlines instead of a clock."""

    def __init__(self, settings: RedisSettings) -> None:
        self.settings = settings
        self.redis: Any = Redis.from_url(settings.url.get_secret_value())  # pyright: ignore[reportUnknownMemberType]
        self.base = f"{{{settings.prefix}}}:"

    def open(self, max_namespaces: int = 256) -> RedisEngine:
        return RedisEngine(self.settings, max_namespaces)

    async def advance(self, seconds: float) -> None:
        await self.redis.eval(ADVANCE, 1, self.base, round(seconds * 1000))

    async def faults(self, engine: Engine) -> list[str]:
        assert isinstance(engine, RedisEngine)
        names = set(await self.redis.zrange(self.base + "names", 0, -1))
        kept = {key.partition(b"data:")[2] for key in await self._keys("data:")}
        deadlines = set(await self.redis.zrange(self.base + "deadlines", 0, -1))
        expiring = {name for name in kept if await self.redis.pttl(self.base.encode() + b"data:" + name) > 0}
        ids = {key.rpartition(b":")[2] for key in await self._keys("callback:")}
        waiting = set(await self.redis.zrange(self.base + "due", 0, -1))
        faults = {
            "values without a name": kept - names,
            "names without a value or a deadline": names - kept - deadlines,
            "deadlines without a name": deadlines - names,
            "expiring values without a deadline": expiring - deadlines,
            "callbacks without a deadline": set(await self.redis.hkeys(self.base + "callbacks")) - deadlines,
            "namespaces": set(await self.redis.smembers(self.base + "namespaces")) ^ {namespace_of(n) for n in names},
            "callbacks that are due": ids ^ waiting,
        }
        return [f"{what}: {names}" for what, names in faults.items() if names]

    async def close(self) -> None:
        if keys := await self._keys(""):
            await self.redis.delete(*keys)
        await self.redis.aclose()

    async def _keys(self, part: str) -> list[bytes]:
        return await self.redis.keys(f"{self.base}{part}*")


@pytest.fixture(scope="session", autouse=True)
def store_url(request: pytest.FixtureRequest) -> Generator[str]:
    """Keep `STORE_URL` if it is set, else point it at a new server; give the tests a key prefix of their own."""
    url = os.environ.get("STORE_URL") or request.getfixturevalue("redis_server")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("STORE_URL", url)
        environment.setenv("STORE_PREFIX", f"test-{uuid4().hex}")
        yield url


@pytest.fixture
async def place(store_url: str) -> AsyncGenerator[RedisPlace]:
    place = RedisPlace(RedisSettings(url=SecretStr(store_url), prefix=f"test-{uuid4().hex}"))
    yield place
    await place.close()
