"""How often a client may ask."""

from collections.abc import Awaitable, Callable

from fastapi import Request

from kit.errors import RateLimitException
from kit.limits.client import client_address
from kit.limits.rate import Count, Counters, Rate
from kit.middleware import EXTRA_HEADERS, route_of


def rate_limit(
    rate: str, *, name: str | None = None, key: Callable[[Request], str] = client_address
) -> Callable[[Request], Awaitable[None]]:
    """Make a dependency that lets each client in so often, such as `100/minute`, from its first request on.

    Who comes more often is answered with 429 and when to come back. Each route counts for itself, those with limits
    of the same name together; `key` tells clients apart by something else than their address.
    """
    parsed = Rate.parse(rate)

    async def count(request: Request) -> None:
        limit = f"{name or f'{request.method} {route_of(request.scope)}'} {parsed}"
        counters: Counters = request.app.state.counters
        count = await counters.hit(limit, key(request), parsed)
        _tell(request, parsed, count)
        if count.hits > parsed.amount:
            raise RateLimitException("Too many requests", details={"limit": rate}, retry_after=count.seconds_left)

    return count


def _tell(request: Request, rate: Rate, count: Count) -> None:
    """Say in the headers of the answer, whoever gives it, what is left of the limit that is nearest."""
    headers: dict[bytes, bytes] = request.scope.setdefault(EXTRA_HEADERS, {})
    left = max(rate.amount - count.hits, 0)
    if left <= int(headers.get(b"ratelimit-remaining", left)):
        numbers = {b"limit": rate.amount, b"remaining": left, b"reset": count.seconds_left}
        headers.update({b"ratelimit-" + part: b"%d" % number for part, number in numbers.items()})
