"""Retries: only of requests that are safe to repeat, and with a budget, so that they do not overload an upstream."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from httpx2 import ByteStream, ConnectTimeout, NetworkError, RemoteProtocolError, Request, Response
from stamina import retry_context

IDEMPOTENT = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}
BUSY = {502, 503, 504}
RESERVE = 10.0  # retries that a client has before its budget limits them


class BusyError(Exception):
    """The upstream is busy; the next attempt may succeed."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"it answered {response.status_code}")
        self.response = response


TRANSIENT = (BusyError, ConnectTimeout, NetworkError, RemoteProtocolError)


class Retries:
    """Retries at most `most` times; the wait starts at about `wait` seconds and doubles up to `max_wait`.

    Each failure takes 1 from a reserve of 10, and each call adds `budget`: an upstream that is down gets few retries.
    """

    def __init__(self, most: int, *, wait: float, max_wait: float, budget: float) -> None:
        self._most, self._wait, self._max_wait, self._budget = most, wait, max_wait, budget
        self._reserve = RESERVE

    async def run(self, request: Request, send: Callable[[], Awaitable[Response]]) -> Response:
        """Return the response to a request, or the last one if all were bad."""
        self._reserve = min(self._reserve + self._budget, RESERVE)
        if not self._most or not may_be_repeated(request):
            return await send()
        times = {"wait_initial": self._wait, "wait_jitter": self._wait, "wait_max": self._max_wait}
        try:
            async for attempt in retry_context(self._pause, attempts=1 + self._most, timeout=None, **times):
                with attempt:
                    return await _good_answer(send)
        except BusyError as error:
            return error.response
        raise AssertionError  # the last attempt returns or raises

    def _pause(self, error: Exception) -> bool | float:
        """Return whether to retry, or after how many seconds."""
        if not isinstance(error, TRANSIENT) or self._reserve < 1:
            return False
        self._reserve -= 1
        asked = retry_after(error.response) if isinstance(error, BusyError) else None
        if asked is None:
            return True
        return asked if asked <= self._max_wait else False


async def _good_answer(send: Callable[[], Awaitable[Response]]) -> Response:
    response = await send()
    if response.status_code in BUSY:
        await response.aread()  # frees its connection
        raise BusyError(response)
    return response


def may_be_repeated(request: Request) -> bool:
    """Return whether a request is safe to repeat; a streamed body can be sent only once."""
    return request.method in IDEMPOTENT and isinstance(request.stream, ByteStream)


def retry_after(response: Response) -> float | None:
    """Return the seconds in the `Retry-After` header, or `None` without a valid one."""
    value = response.headers.get("Retry-After", "")
    if value.isdecimal():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max((at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0.0)
