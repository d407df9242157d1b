"""Limits how many requests a client can send in a period."""

from collections.abc import Awaitable, Callable

from fastapi import Request

from kit.errors import RateLimitException
from kit.limits.client import client_address
from kit.limits.rate import Count, Counters, Rate
from kit.middleware.requests import EXTRA_HEADERS, route_of


def rate_limit(
    rate: str, *, name: str | None = None, key: Callable[[Request], str] = client_address
) -> Callable[[Request], Awaitable[None]]:
    """Return a dependency that limits each client to a rate such as `100/minute`, counted from its first request.

    Further requests get 429 with a `Retry-After` header. Each route counts separately, unless limits have the same
    `name`; `key` identifies clients by something other than their address. Raises `ValueError` for an invalid rate.
    """
    parsed = Rate.parse(rate)

    async def count(request: Request) -> None:
        limit = f"{name or f'{request.method} {route_of(request.scope)}'} {parsed}"
        counters: Counters = request.app.state.counters
        count = await counters.hit(limit, key(request), parsed)
        _set_headers(request, parsed, count)
        if count.hits > parsed.amount:
            raise RateLimitException("Too many requests", details={"limit": rate}, retry_after=count.seconds_left)

    return count


def _set_headers(request: Request, rate: Rate, count: Count) -> None:
    """Set the `RateLimit-…` headers of the response to the limit with the fewest requests left."""
    headers: dict[bytes, bytes] = request.scope.setdefault(EXTRA_HEADERS, {})
    left = max(rate.amount - count.hits, 0)
    if left <= int(headers.get(b"ratelimit-remaining", left)):
        numbers = {b"limit": rate.amount, b"remaining": left, b"reset": count.seconds_left}
        headers.update({b"ratelimit-" + part: b"%d" % number for part, number in numbers.items()})
