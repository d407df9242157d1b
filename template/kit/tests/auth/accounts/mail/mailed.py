"""A service that sends mails to a server of the tests, and what arrives there."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from httpx2 import Response

from kit.auth.accounts.mail.service import get_mailing
from kit.auth.accounts.mail.settings import MailSettings
from kit.testing.mail_server import MailServer, Received
from kit.tests.auth.accounts.logging_in import Client, serving

PAGE = "https://app.example.com/account"
SENDER = "Shop <noreply@example.com>"


def mail_settings(server: MailServer, **changes: Any) -> MailSettings:
    values: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "tls": "none", "sender": SENDER, "page": PAGE}
    values |= {"rate": "100000/minute", **changes}
    return MailSettings(**values)


@asynccontextmanager
async def mailing_service(server: MailServer, **changes: Any) -> AsyncGenerator[FastAPI]:
    """Start a service that sends mails to a server; changes are to its settings of mails."""
    async with serving(mail_settings(server, **changes)) as app:
        yield app


class Inbox:
    """What a service has sent to a server."""

    def __init__(self, server: MailServer, app: FastAPI) -> None:
        self.server = server
        self.app = app

    async def all(self) -> list[Received]:
        """Wait for what is under way, and return the mails since the last call."""
        await get_mailing(self.app).outbox.finish()
        received = [*self.server.received]
        self.server.received.clear()
        return received

    async def one(self) -> Received:
        (received,) = await self.all()
        return received

    async def token(self, purpose: str) -> str:
        """Return the token of the only new mail, which must be for this purpose."""
        _, found, token = (await self.one()).link
        assert found == purpose
        return token


async def post(client: Client, path: str, **body: Any) -> Response:
    """Send a request of somebody who is not logged in."""
    return await client.http.post(f"/auth/{path}", json=body)


async def verified(inbox: Inbox, email: str = "ada@example.com") -> Client:
    """Return somebody who has registered, opened the link and logged in."""
    client = Client(inbox.app, email)
    assert (await client.register()).status_code == 202
    assert (await post(client, "verify", token=await inbox.token("verify"))).status_code == 204
    assert (await client.log_in()).status_code == 200
    return client
