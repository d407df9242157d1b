"""The body of a request as it arrives: how large it may be, and how long the service waits for it."""

import asyncio
from contextlib import suppress
from time import perf_counter

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

SLOWEST = 500  # bytes per second, on average
LINGER = 10.0  # seconds for the rest of a body that nobody needs,
PAUSE = 1.0  # and for each part of it


class RequestBody:
    """Refuses a body that is too large or too slow, and notices when the client disconnects."""

    def __init__(self, scope: Scope, receive: Receive, limit: int, timeout: float) -> None:
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        self._receive, self._timeout = receive, timeout
        self._declared = int(length) if length.isdigit() else 0
        self._is_pending = bool(self._declared) or b"transfer-encoding" in headers
        self._awaits_consent = b"expect" in headers
        self._size, self._waited = 0, 0.0
        self.limit: int | None = limit
        self.client_gone = False

    async def receive(self) -> Message:
        self._check_size(self._declared if self._is_pending else 0)
        message = await self._next()
        self._check_size(self._size)
        return message

    async def discard(self) -> None:
        """Read what is left of the body for a while: a client that still sends it would not see the response."""
        if self._awaits_consent and not self._size:
            return
        deadline = perf_counter() + LINGER
        with suppress(TimeoutError):
            while self.is_left and (left := deadline - perf_counter()) > 0:
                async with asyncio.timeout(min(PAUSE, left)):
                    self._take(await self._receive())

    @property
    def is_left(self) -> bool:
        """Whether the client still sends a part of the body."""
        return self._is_pending and not self.client_gone

    async def _next(self) -> Message:
        if not self._is_pending:
            return self._take(await self._receive())
        started = perf_counter()
        try:
            async with asyncio.timeout(min(self._timeout, self._timeout + self._size / SLOWEST - self._waited)):
                return self._take(await self._receive())
        except TimeoutError:
            self._is_pending = False
            raise HTTPException(408, "The body did not arrive in time", {"Connection": "close"}) from None
        finally:
            self._waited += perf_counter() - started

    def _take(self, message: Message) -> Message:
        if message["type"] == "http.disconnect":
            self.client_gone = True
        self._size += len(message.get("body", b""))
        self._is_pending = self._is_pending and bool(message.get("more_body"))
        return message

    def _check_size(self, size: int) -> None:
        if self.limit is not None and size > self.limit:
            raise HTTPException(413, f"The body is larger than {self.limit} bytes")
