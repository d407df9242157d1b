"""An SMTP server for the tests: it keeps the mails that it gets, and can refuse, hang, and offer no TLS."""

import asyncio
import base64
import re
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email import message_from_string, policy
from email.message import EmailMessage
from typing import Any, Self, cast

LINK = re.compile(r"(\S+)#(\w+)=(\S+)")
Answer = Callable[[str], Awaitable[None]]


@dataclass
class Received:
    """A mail, its envelope, and the connection that it came over."""

    sender: str
    recipients: list[str]
    message: EmailMessage
    is_encrypted: bool
    user: str | None

    @property
    def text(self) -> str:
        return self.message.get_content()

    @property
    def link(self) -> tuple[str, str, str]:
        """Return the page, the purpose and the token of the link."""
        found = LINK.search(self.text)
        assert found, self.text
        return found[1], found[2], found[3]


class MailServer:
    """A server on a port of this machine, in the event loop of the test."""

    def __init__(self, context: ssl.SSLContext | None = None, *, tls_at_once: bool = False) -> None:
        self.received: list[Received] = []
        self.refusal: str | None = None
        """What is said to each recipient, such as `550 no such user`."""
        self.pause: float = 0
        """Seconds before each answer."""
        self.password = "right"
        self.port = 0
        self._context = context
        self._at_once = tls_at_once
        self._connections: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        at_once = self._context if self._at_once else None
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=at_once)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    @property
    def offers_tls(self) -> bool:
        return bool(self._context) and not self._at_once

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._connections.add(task)
        try:
            await Conversation(self, self._context, reader, writer).run()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client has gone
        finally:
            self._connections.discard(task)
            writer.close()


class Conversation:
    """What a client and the server say to each other."""

    def __init__(
        self,
        server: MailServer,
        context: ssl.SSLContext | None,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._server = server
        self._context = context
        self._reader = reader
        self._writer = writer
        self._sender = ""
        self._recipients: list[str] = []
        self._user: str | None = None

    async def run(self) -> None:
        answers: dict[str, Answer] = {
            "EHLO": self._hello,
            "STARTTLS": self._start_tls,
            "AUTH": self._log_in,
            "MAIL": self._from,
            "RCPT": self._to,
            "DATA": self._data,
            "RSET": self._start_again,
        }
        await self._say("220 ready")
        while line := (await self._reader.readline()).decode().rstrip("\r\n"):
            verb, _, rest = line.partition(" ")
            if verb.upper() == "QUIT":
                await self._say("221 bye")
                return
            await answers[verb.upper()](rest)

    @property
    def _is_encrypted(self) -> bool:
        return self._writer.get_extra_info("ssl_object") is not None

    async def _say(self, text: str) -> None:
        await asyncio.sleep(self._server.pause)
        self._writer.write(f"{text}\r\n".encode())
        await self._writer.drain()

    async def _hello(self, _rest: str) -> None:
        offers = ["STARTTLS"] if self._server.offers_tls and not self._is_encrypted else []
        await self._say("\r\n".join(f"250-{each}" for each in ["here", "SMTPUTF8", "8BITMIME", "AUTH PLAIN", *offers]))
        await self._say("250 SIZE 100000")

    async def _start_tls(self, _rest: str) -> None:
        assert self._context
        await self._say("220 go ahead")
        await self._writer.start_tls(self._context)

    async def _log_in(self, rest: str) -> None:
        _, user, password = base64.b64decode(rest.rsplit(maxsplit=1)[-1]).decode().split("\0")
        self._user = user if password == self._server.password else None
        await self._say("235 welcome" if self._user else "535 wrong")

    async def _from(self, rest: str) -> None:
        self._sender = rest
        await self._say("250 ok")

    async def _to(self, rest: str) -> None:
        if not self._server.refusal:
            self._recipients.append(rest.partition(":")[2])
        await self._say(self._server.refusal or "250 ok")

    async def _start_again(self, _rest: str) -> None:
        self._recipients = []
        await self._say("250 ok")

    async def _data(self, _rest: str) -> None:
        await self._say("354 go on")
        content = (await self._reader.readuntil(b"\r\n.\r\n"))[:-3].replace(b"\r\n..", b"\r\n.")
        message = message_from_string(content.decode(), EmailMessage, policy=policy.default)
        self._server.received.append(Received(self._sender, self._recipients, message, self._is_encrypted, self._user))
        await self._say("250 taken")
