"""A user of the server, whose permission a test can take away."""

from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from kit.store.redis.settings import RedisSettings


class Member:
    """The server answers each command of a user who has no permission with an error."""

    def __init__(self, redis: Any, settings: RedisSettings) -> None:
        self._redis = redis
        self._name = settings.prefix
        url = urlsplit(settings.url.get_secret_value())
        url = url._replace(netloc=f"{self._name}:secret@{url.netloc.rpartition('@')[2]}")
        self.settings = settings.model_copy(update={"url": SecretStr(url.geturl())})

    async def allow(self) -> None:
        await self._redis.acl_setuser(self._name, enabled=True, passwords=["+secret"], keys=["*"], categories=["+@all"])

    async def forbid(self) -> None:
        await self._redis.acl_setuser(self._name, enabled=True, categories=["-@all"])

    async def remove(self) -> None:
        await self._redis.acl_deluser(self._name)
