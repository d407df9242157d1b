"""How mails are sent, and what happens if the mail server does not do its part."""

import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import trustme
from fastapi import FastAPI

from kit.auth.accounts.mail import own
from kit.auth.accounts.settings import AccountsSettings
from kit.settings import Environment
from kit.testing.mail_server import MailServer
from kit.testing.service import create_app, given
from kit.tests.auth.accounts.logging_in import FAST, Client, serving
from kit.tests.auth.accounts.mail.mailed import PAGE, Inbox, mail_settings, mailing_service, post

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("inbox")]

ADDRESS = "secretive@example.com"


@pytest.fixture
def certificates() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def context(certificates: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Return the context of a server whose certificate clients trust."""
    certificates.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate: Any = certificates.issue_cert("localhost")  # its types name those of pyOpenSSL
    certificate.configure_cert(context)
    return context


async def registered(app: FastAPI) -> None:
    assert (await Client(app, ADDRESS).register()).status_code == 202


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_mail_goes_over_tls_after_a_log_in(tls: str, context: ssl.SSLContext) -> None:
    async with MailServer(context, tls_at_once=tls == "implicit") as server:
        login = {"username": "shop", "password": "right"}
        async with mailing_service(server, host="localhost", tls=tls, **login) as app:
            await registered(app)
            mail = await Inbox(server, app).one()
    assert (mail.is_encrypted, mail.user, mail.recipients) == (True, "shop", [f"<{ADDRESS}>"])


FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "offers no TLS": ("SMTPException", {"tls": "starttls"}),
    "has another name": ("SMTPConnectError", {"tls": "implicit", "host": "127.0.0.1"}),
    "is not known": ("SMTPConnectError", {"tls": "implicit"}),
    "does not know the password": ("SMTPAuthenticationError", {"username": "shop", "password": "wrong"}),
    "refuses the address": ("SMTPRecipientsRefused", {}),
    "hangs": ("TimeoutError", {"timeout": 0.4}),
    "is away": ("SMTPConnectError", {"port": 1}),
}


@asynccontextmanager
async def faulty(fault: str, context: ssl.SSLContext) -> AsyncGenerator[MailServer]:
    at_once = fault in {"has another name", "is not known"}
    async with MailServer(context if at_once else None, tls_at_once=at_once) as server:
        server.refusal = "550 there is no such user" if fault == "refuses the address" else None
        server.pause = 5 if fault == "hangs" else 0
        yield server


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_server_changes_no_answer_and_its_fault_is_logged_without_the_address_if_it(
    fault: str, context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if fault == "is not known":
        monkeypatch.delenv("SSL_CERT_FILE")
    error, changes = FAULTS[fault]
    async with faulty(fault, context) as server, mailing_service(server, **{"host": "localhost", **changes}) as app:
        started = time.perf_counter()
        await registered(app)
        assert time.perf_counter() - started < 2
        assert await Inbox(server, app).all() == []
        assert (await post(Client(app), "password/forgotten", email="else@example.com")).status_code == 202
    said = capsys.readouterr().out
    assert '"event":"a mail was not sent"' in said
    assert error in said
    assert '"kind":"verify"' in said
    for secret in (ADDRESS, "secretive", "#verify", "wrong"):
        assert secret not in said


async def test_the_log_has_no_address_and_no_token(inbox: Inbox, capsys: pytest.CaptureFixture[str]) -> None:
    client = Client(inbox.app, ADDRESS)
    await client.register()
    token = await inbox.token("verify")
    await client.register()
    reset = await inbox.token("reset")
    await post(client, "password/reset", token=reset, new_password="a different passphrase")
    await client.log_in(password="a different passphrase")
    await client.post("email", email="new.secretive@example.com", password="a different passphrase")
    move = await inbox.token("move")
    await post(client, "email/confirm", token=move)
    await client.post("delete-account", password="a different passphrase")
    said = "".join(capsys.readouterr())
    for event in ("the password was reset", "the address was changed", "an account was deleted"):
        assert event in said
    for secret in ("secretive", token, reset, move):
        assert secret not in said


async def test_a_link_leads_to_the_page_of_the_settings_whatever_a_request_says(inbox: Inbox) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Origin": "https://evil.example"}
    client = Client(inbox.app)
    body = {"email": client.email, "password": client.password}
    assert (await client.http.post("/auth/register", json=body, headers=headers)).status_code == 202
    mail = await inbox.one()
    assert mail.link[0] == PAGE
    assert "evil" not in mail.message.as_string()


@pytest.mark.parametrize(
    "email",
    [
        *("ada@example.com\nBcc: eve@example.com", "ada@example.com\r\nBcc:eve@example.com", "ada\n@example.com"),
        *(
            "ada,eve@example.com",
            "ada;eve@example.com",
            "<ada@example.com>",
            "Ada <ada@example.com>",
            "a:b@example.com",
        ),
        *("ada@example.com,eve@example.com", "ada@example.com>", "ada@exa,mple.com", "(eve)ada@example.com"),
        *('"ada"@example.com', "ada\\@example.com", "ada@[127.0.0.1]", "x" * 300 + "@example.com", "x" * 1_000_000),
    ],
    ids=lambda email: repr(email)[:40],
)
async def test_an_address_that_mail_programs_read_otherwise_gets_no_mail(email: str, inbox: Inbox) -> None:
    client = Client(inbox.app, email)
    assert (await client.register()).status_code == 422
    assert (await post(client, "password/forgotten", email=email)).status_code == 422
    assert await inbox.all() == []


@pytest.mark.parametrize("email", ["m\u00fcller@example.com", "a'b%c+d=e@example.com", "ada@b\u00fccher.example"])
async def test_an_unusual_address_gets_its_mail(email: str, inbox: Inbox) -> None:
    assert (await Client(inbox.app, email).register()).status_code == 202
    mail, address = await inbox.one(), email.replace("b\u00fccher", "xn--bcher-kva")
    assert mail.recipients == [f"<{address}>"]
    assert [str(each) for each in mail.message["To"].addresses] == [mail.recipients[0].strip("<>")]


async def test_only_local_prints_mails(capsys: pytest.CaptureFixture[str], database: object) -> None:
    del database
    async with started_in(Environment.LOCAL) as app:
        await registered(app)
        await app.state.mailing.outbox.finish()
        said = capsys.readouterr().out
        assert f"--- mail to {ADDRESS}" in said
        assert "http://localhost:3000/account#verify=" in said
    async with started_in(Environment.STAGING) as app:
        assert app.state.mailing is None
        assert (await Client(app, "else@example.com").register()).status_code == 201
    assert "else@example.com" not in capsys.readouterr().out


@asynccontextmanager
async def started_in(environment: Environment) -> AsyncGenerator[FastAPI]:
    app = create_app(given(environment), AccountsSettings(**FAST))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def own_mails(monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    """Return what the function `send` of the application gets."""
    module, sent = ModuleType("app.mail"), list[EmailMessage]()

    async def send(app: FastAPI, message: EmailMessage) -> None:
        assert app.state.accounts
        sent.append(message)

    def text(kind: str, link: str) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = f"Mine: {kind}"
        message.set_content(f"Mine: {link}")
        message.add_alternative(f"<a href='{link}'>Mine</a>", subtype="html")
        return message

    vars(module).update(send=send, write=text)

    def found(_pattern: str) -> list[ModuleType]:
        return [module]

    monkeypatch.setattr(own, "modules", found)
    return sent


async def test_an_application_has_its_own_sender_and_texts(
    own_mails: list[EmailMessage], mail_server: MailServer
) -> None:
    async with serving(mail_settings(mail_server, host=None)) as app:
        await registered(app)
        await app.state.mailing.outbox.finish()
    (message,) = own_mails
    assert (message["Subject"], message["To"]) == ("Mine: verify", ADDRESS)
    assert f"{PAGE}#verify=" in message.as_string()


async def test_a_mail_server_that_is_away_keeps_no_service_from_being_ready(mail_server: MailServer) -> None:
    async with mailing_service(mail_server, port=1) as app:
        checks = (await Client(app).http.get("/ready")).json()["checks"]
        assert "mail" not in checks
