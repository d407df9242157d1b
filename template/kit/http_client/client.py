"""The client that calls other services."""

from functools import partial
from time import perf_counter
from typing import Any

import structlog
from httpx2 import AsyncClient, HTTPError, Request, Response
from structlog.contextvars import bound_contextvars, get_contextvars
from structlog.typing import FilteringBoundLogger

from kit.http_client.retries import Retries

log: FilteringBoundLogger = structlog.get_logger(__name__)

NAME = "app.upstream"  # the key of the upstream's name in `Request.extensions`


class HttpClient(AsyncClient):
    """An `httpx2.AsyncClient` that retries, passes on the request id, and logs each call without its URL.

    The client of an upstream calls no other host, which would otherwise receive the upstream's token.
    """

    def __init__(self, name: str | None, retries: Retries, **options: Any) -> None:
        super().__init__(**options)
        self.name = name
        self._retries = retries

    async def send(self, request: Request, **options: Any) -> Response:
        """Send a request as `httpx2` does; raise `ValueError` for a host other than the upstream's."""
        if self.name and (request.url.scheme, request.url.netloc) != (self.base_url.scheme, self.base_url.netloc):
            raise ValueError(f"The client of '{self.name}' calls no other host; use HttpClientDep for any URL")
        request.extensions[NAME] = self.name
        if request_id := get_contextvars().get("request_id"):
            request.headers.setdefault("X-Request-ID", request_id)
        with bound_contextvars(upstream=self.name or request.url.host, method=request.method):
            return await self._send_and_log(request, options)

    async def check(self, path: str) -> None:
        """Send one GET request without retries, and raise `RuntimeError` unless the response is a success."""
        response = await super().send(self.build_request("GET", path))
        if not response.is_success:
            raise RuntimeError(f"it answered {response.status_code}")

    async def _send_and_log(self, request: Request, options: dict[str, Any]) -> Response:
        started = perf_counter()
        try:
            response = await self._retries.run(request, partial(super().send, request, **options))
        except HTTPError as error:
            log.warning("call", error=type(error).__name__, ms=_milliseconds_since(started))
            raise
        log.info("call", status=response.status_code, ms=_milliseconds_since(started))
        return response


def _milliseconds_since(started: float) -> float:
    return round((perf_counter() - started) * 1000, 3)
