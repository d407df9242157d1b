"""Sends mails after the response, so that neither its time nor its status depends on them."""

import asyncio
import traceback
from collections.abc import Awaitable, Coroutine
from email.message import EmailMessage
from typing import Any

import structlog
from structlog.typing import FilteringBoundLogger

from kit.auth.accounts.mail.senders import Send

log: FilteringBoundLogger = structlog.get_logger(__name__)

MAX_AT_ONCE = 4  # connections to the mail server
MAX_WAITING = 1000  # mails


class Outbox:
    """Mails that are sent while the service goes on. They are in memory: what a crash loses, users ask for again."""

    def __init__(self, send: Send, timeout: float) -> None:
        self._send = send
        self._timeout = timeout
        self._turn = asyncio.Semaphore(MAX_AT_ONCE)
        self._waiting = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what leads to a mail, in a task of its own."""
        task = asyncio.create_task(_without_error("the work for a mail has failed", work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def send(self, message: EmailMessage, **about: str) -> None:
        """Send a mail; if it does not work, log what it was about, but never its address or its content."""
        if self._waiting >= MAX_WAITING:
            log.error("too many mails wait, so one is not sent", **about)
            return
        self._waiting += 1
        try:
            async with self._turn:
                await _without_error("a mail was not sent", self._in_time(message), **about)
        finally:
            self._waiting -= 1

    async def finish(self) -> None:
        """Wait until all that has been started is done."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Let mails go out for some seconds, and cancel the others."""
        late = (await asyncio.wait(self._tasks, timeout=self._timeout))[1] if self._tasks else ()
        if late:
            log.error("the service stops, so mails are not sent", count=len(late))
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _in_time(self, message: EmailMessage) -> None:
        async with asyncio.timeout(self._timeout):  # also for a server that answers a byte at a time
            await self._send(message)


async def _without_error(event: str, work: Awaitable[None], **about: str) -> None:
    """Log what kind an error is and where: its message may name the address, and values in a traceback the token."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - whoever asked has got an answer
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where, code = f"{frame.filename}:{frame.lineno}", getattr(error, "code", None)
        log.error(event, error=type(error).__name__, code=code, where=where, **about)  # noqa: TRY400
