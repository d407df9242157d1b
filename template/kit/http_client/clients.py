"""The clients of a service: one for each upstream, and one for all other URLs."""

import asyncio
import ssl
from contextlib import AsyncExitStack
from functools import cache, cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

from fastapi import FastAPI
from httpx2 import AsyncHTTPTransport, Limits, Timeout, create_ssl_context

from kit.errors import ServiceUnavailableException
from kit.http_client.client import HttpClient
from kit.http_client.retries import Retries
from kit.http_client.settings import HttpClientSettings, Upstream


class HttpClients:
    """Clients that share a pool, which opens with the first client; they belong to the event loop that created them."""

    def __init__(self, settings: HttpClientSettings, upstreams: dict[str, Upstream]) -> None:
        self.loop = asyncio.get_running_loop()
        self._settings = settings
        self._stack = AsyncExitStack()
        self.by_name = {name: self._upstream_client(name, upstream) for name, upstream in upstreams.items()}

    @cached_property
    def nameless(self) -> HttpClient:
        return self._client(None, self._settings)

    async def close(self) -> None:
        """Close the connections."""
        await self._stack.aclose()

    @cached_property
    def _pool(self) -> AsyncHTTPTransport:
        limits = Limits(
            max_connections=self._settings.max_connections,
            max_keepalive_connections=self._settings.keepalive_connections,
            keepalive_expiry=self._settings.keepalive_expiry,
        )
        pool = AsyncHTTPTransport(verify=_certificates(), http2=True, limits=limits)
        self._stack.push_async_callback(pool.aclose)
        return pool

    def _upstream_client(self, name: str, upstream: Upstream) -> HttpClient:
        own = upstream.model_dump(include=set(HttpClientSettings.model_fields), exclude_none=True)
        token = {"Authorization": f"Bearer {upstream.token.get_secret_value()}"} if upstream.token else None
        settings = self._settings.model_copy(update=own)
        return self._client(name, settings, base_url=upstream.url.get_secret_value(), headers=token)

    def _client(self, name: str | None, settings: HttpClientSettings, **options: Any) -> HttpClient:
        retries = Retries(
            settings.retries, wait=settings.retry_wait, max_wait=settings.retry_max_wait, budget=settings.retry_budget
        )
        timeout = Timeout(
            connect=settings.connect_timeout,
            read=settings.read_timeout,
            write=settings.write_timeout,
            pool=settings.pool_timeout,
        )
        # The jar stores nothing: a cookie from one caller's request must not reach the next caller.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        return HttpClient(name, retries, transport=self._pool, timeout=timeout, cookies=no_cookies, **options)


def get_http_client(app: FastAPI, name: str | None = None) -> HttpClient:
    """Return the client of the upstream in `UPSTREAMS__<name>__URL`, or without a name, the client for any URL.

    Raises `ServiceUnavailableException` if the upstream has no URL, and `RuntimeError` in another event loop.
    """
    clients: HttpClients = app.state.http_clients
    if clients.loop is not asyncio.get_running_loop():
        raise RuntimeError("The HTTP client belongs to another event loop; use it in the one that started the service")
    if name is None:
        return clients.nameless
    if name.lower() not in clients.by_name:
        raise ServiceUnavailableException(f"The upstream '{name}' has no URL; set UPSTREAMS__{name.upper()}__URL")
    return clients.by_name[name.lower()]


@cache
def _certificates() -> ssl.SSLContext:
    """Load the certificates that the system trusts, once, because it takes 20 ms."""
    return create_ssl_context()
