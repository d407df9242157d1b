"""How many requests may do the same at once."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from math import ceil

from fastapi import Request

from kit.errors import ServiceUnavailableException
from kit.settings import Settings, get_settings


def semaphore(name: str, limit: int, *, timeout: float = 30) -> Callable[[Request], AsyncGenerator[None]]:
    """Make a dependency that lets at most `limit` requests of this process in at once, in the order they came.

    `SEMAPHORES__<name>` sets another limit. Dependencies of the same name share it. Who waits for more than `timeout`
    seconds is answered with 503.
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
            raise ServiceUnavailableException(f"Too many requests wait for '{name}'", headers=headers) from None
        try:
            yield
        finally:
            semaphores[name].release()

    return acquire
