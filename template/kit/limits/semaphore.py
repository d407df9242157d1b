"""Limits how many requests run at once."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from math import ceil

from fastapi import Request

from kit.errors import ServiceUnavailableException
from kit.settings import Settings, get_settings


def semaphore(name: str, limit: int, *, timeout: float = 30) -> Callable[[Request], AsyncGenerator[None]]:
    """Return a dependency that lets at most `limit` requests of this process run at once, in the order of arrival.

    `SEMAPHORES__<name>` overrides the limit. Dependencies with the same name share one. A request that waits longer
    than `timeout` seconds gets 503 with a `Retry-After` header.
    """

    async def acquire(request: Request) -> AsyncGenerator[None]:
        semaphores: dict[str, asyncio.Semaphore] = request.app.state.semaphores
        if name not in semaphores:
            configured = get_settings(request.app, Settings).semaphores
            semaphores[name] = asyncio.Semaphore(configured.get(name.lower(), limit))
        try:
            async with asyncio.timeout(timeout):
                await semaphores[name].acquire()
        except TimeoutError:
            headers = {"Retry-After": str(ceil(timeout))}
            raise ServiceUnavailableException(f"Too many requests are waiting for '{name}'", headers=headers) from None
        try:
            yield
        finally:
            semaphores[name].release()

    return acquire
