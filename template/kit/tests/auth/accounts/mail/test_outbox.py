"""Mails that wait: few are sent at once, and a service that stops sends them first."""

import asyncio
import time
from email.message import EmailMessage

import pytest

from kit.auth.accounts.mail.outbox import Outbox
from kit.testing.mail_server import MailServer
from kit.tests.auth.accounts.logging_in import Client
from kit.tests.auth.accounts.mail.mailed import mailing_service

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("inbox")]


async def test_a_service_that_stops_sends_what_waits(mail_server: MailServer) -> None:
    mail_server.pause = 0.05
    async with mailing_service(mail_server) as app:
        assert (await Client(app).register()).status_code == 202
    mail_server.pause = 0
    assert len(mail_server.received) == 1


async def test_a_service_that_stops_does_not_wait_for_a_server_that_hangs(
    mail_server: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    mail_server.pause = 5
    started = time.perf_counter()
    async with mailing_service(mail_server, timeout=0.3) as app:
        assert (await Client(app).register()).status_code == 202
    mail_server.pause = 0
    assert time.perf_counter() - started < 3
    assert "sent" in capsys.readouterr().out


async def test_few_are_sent_at_once_and_too_many_are_not_kept(capsys: pytest.CaptureFixture[str]) -> None:
    now = most = sent = 0

    async def send(_message: EmailMessage) -> None:
        nonlocal now, most, sent
        now, most, sent = now + 1, max(most, now + 1), sent + 1
        await asyncio.sleep(0)
        now -= 1

    mails = Outbox(send, 5)
    for _ in range(1005):
        mails.start(mails.send(EmailMessage(), kind="verify"))
    await mails.finish()
    assert (most, sent) == (4, 1000)
    assert capsys.readouterr().out.count("too many mails wait") == 5


async def test_a_mail_that_is_never_sent_ends_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    mails = Outbox(lambda _message: hang(), 0.05)
    mails.start(mails.send(EmailMessage(), kind="verify"))
    async with asyncio.timeout(5):
        await mails.finish()
    assert "a mail was not sent" in capsys.readouterr().out


async def test_work_that_does_not_end_is_cancelled_when_the_service_stops() -> None:
    mails = Outbox(lambda _message: hang(), 0.05)
    mails.start(hang())
    async with asyncio.timeout(5):
        await mails.close()


async def hang() -> None:
    await asyncio.Event().wait()
