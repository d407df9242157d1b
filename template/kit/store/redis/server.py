"""The connections to the server, and the translation of its errors."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from redis import exceptions
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from kit.errors import ServiceUnavailableException
from kit.store.errors import NamespaceQuotaError, NotANumberError, StoreFullError
from kit.store.redis.settings import RedisSettings

Answer = TypeVar("Answer")

UNANSWERED = (exceptions.ConnectionError, exceptions.TimeoutError, exceptions.InvalidResponse, OSError)


class Server:
    """A pool of connections; a caller waits while all are busy."""

    def __init__(self, settings: RedisSettings, scripts: Mapping[str, str]) -> None:
        password = settings.password.get_secret_value() if settings.password else None
        pool_class: Any = BlockingConnectionPool  # its type hints are incomplete
        pool = pool_class.from_url(
            settings.url.get_secret_value(),
            max_connections=settings.pool_size,
            timeout=settings.timeout,
            socket_timeout=settings.timeout,
            socket_connect_timeout=settings.timeout,
            retry=Retry(NoBackoff(), 0),  # a command without an answer may have run; an increment must not run twice
            **({"password": password} if password else {}),
        )
        self.base = f"{{{settings.prefix}}}:".encode()  # the braces keep it on one node of a cluster
        self.redis: Any = Redis.from_pool(pool)
        self._scripts = {name: self.redis.register_script(text) for name, text in scripts.items()}

    def key(self, part: bytes) -> bytes:
        """Return a key with the prefix of the service."""
        return self.base + part

    async def run(self, script: str, *arguments: object) -> Any:
        """Run a script once: if the connection is lost, nobody knows whether it has run."""
        return await self.ask(self._call(script, arguments))

    async def run_repeatable(self, script: str, *arguments: object) -> Any:
        """Run a script that leaves the same when it runs twice; if the connection is lost, try a second time."""
        return await self.ask_repeatable(partial(self._call, script, arguments))

    async def ask_repeatable(self, command: Callable[[], Awaitable[Answer]]) -> Answer:
        """Run a command that leaves the same when it runs twice; if the connection is lost, try a second time."""
        try:
            return await self.ask(command())
        except ServiceUnavailableException as error:
            if not _is_lost(error.__cause__):
                raise
            return await self.ask(command())

    async def ask(self, command: Awaitable[Answer]) -> Answer:
        """Await a command; raise `ServiceUnavailableException` if the server is away, full, or refuses to work."""
        task = asyncio.current_task()
        cancelled = task.cancelling() if task else 0
        try:
            answer = await command
        except UNANSWERED as error:
            raise ServiceUnavailableException("The store does not answer") from error
        except exceptions.ResponseError as error:
            if "READONLY" in str(error):  # it was demoted: its name may lead to another server by now
                await self.redis.connection_pool.disconnect(inuse_connections=False)
            raise _translated(error) from error
        if task and task.cancelling() > cancelled:  # redis-py may have swallowed the cancellation
            raise asyncio.CancelledError
        return answer

    async def close(self) -> None:
        await self.redis.aclose()

    def _call(self, script: str, arguments: tuple[object, ...]) -> Awaitable[Any]:
        """Return the call of a script, which is atomic."""
        return self._scripts[script](keys=[self.base], args=arguments)


def _is_lost(error: BaseException | None) -> bool:
    """Whether a connection was lost; a wait for one that took too long is also a `ConnectionError` to redis-py."""
    return isinstance(error, exceptions.ConnectionError) and not isinstance(error.__cause__, TimeoutError)


def _translated(error: exceptions.ResponseError) -> Exception:
    message = str(error)
    if isinstance(error, exceptions.OutOfMemoryError) or "OOM" in message:
        return StoreFullError("The store is full: its server has no memory left")
    if "QUOTA" in message:
        most = message.rpartition(" ")[2]
        return NamespaceQuotaError(f"STORE_MAX_NAMESPACES allows {most} namespaces; raise it or empty one")
    if "NOT_A_NUMBER" in message:
        return NotANumberError("The value of the key is not an integer")
    if "overflow" in message:
        return NotANumberError("The sum does not fit into 64 bits")
    return ServiceUnavailableException("The store refuses to work")  # read-only, loading, no permission, …
