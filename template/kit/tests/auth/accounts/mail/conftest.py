"""A service with accounts that sends mails, and somebody who has one."""

from collections.abc import AsyncGenerator

import pytest
from fastapi import FastAPI

from kit.testing.mail_server import MailServer
from kit.tests.auth.accounts.logging_in import Client, serving
from kit.tests.auth.accounts.mail.mailed import Inbox, mailing_service, verified


@pytest.fixture(scope="module")
async def mail_server() -> AsyncGenerator[MailServer]:
    async with MailServer() as server:
        yield server


@pytest.fixture(scope="module")
async def app(mail_server: MailServer) -> AsyncGenerator[FastAPI]:
    async with mailing_service(mail_server) as app:
        yield app


@pytest.fixture
async def inbox(app: FastAPI, mail_server: MailServer, database: object) -> AsyncGenerator[Inbox]:
    """Return the mails of a service without accounts."""
    del database
    inbox = Inbox(mail_server, app)
    yield inbox
    await inbox.all()


@pytest.fixture
async def ada(inbox: Inbox) -> Client:
    return await verified(inbox)


@pytest.fixture
async def without_mails(database: object) -> AsyncGenerator[FastAPI]:
    del database
    async with serving() as app:
        yield app
