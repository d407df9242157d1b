"""The settings of mails, and what the doctor says about the server."""

import asyncio

import pytest
from click.testing import CliRunner, Result

from kit.auth.accounts.mail import own
from kit.cli import cli
from kit.testing.mail_server import MailServer
from kit.tests.auth.accounts.test_settings import faults_with

GOOD = {
    "AUTH_MAIL_HOST": "smtp.example.com",
    "AUTH_MAIL_SENDER": "Shop <noreply@example.com>",
    "AUTH_MAIL_PAGE": "https://app.example.com/account?step=1",
    "AUTH_MAIL_USERNAME": "shop",
    "AUTH_MAIL_PASSWORD": "secret",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("AUTH_MAIL_PAGE", page) for page in ("app.example.com", "ftp://app.example.com", "/account", "https://")),
        *(("AUTH_MAIL_PAGE", page) for page in ("https://a@example.com", "https://example.com/#a", "https://a b.com")),
        *(("AUTH_MAIL_SENDER", each) for each in ("Shop", "a@b@c", "Shop <>", "Shop <a@example.com>\nBcc: b@c.de")),
        *(("AUTH_MAIL_PORT", "0"), ("AUTH_MAIL_TLS", "maybe"), ("AUTH_MAIL_RATE", "often")),
        *(("AUTH_MAIL_RESET_LIFETIME", "604800"), ("AUTH_MAIL_TIMEOUT", "0")),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    fault, *_ = faults_with(monkeypatch, **{**GOOD, name: value})
    assert fault.startswith(f"{name}: ")


@pytest.mark.parametrize("name", ["AUTH_MAIL_SENDER", "AUTH_MAIL_PAGE", "AUTH_MAIL_PASSWORD"])
def test_what_a_server_needs_is_missed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    given = {key: value for key, value in GOOD.items() if key != name}
    (fault,) = faults_with(monkeypatch, ENVIRONMENT="staging", **given)
    assert name in fault


def test_production_needs_tls_and_https(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults_with(monkeypatch, ENVIRONMENT="production", **GOOD) == []
    weak = {**GOOD, "AUTH_MAIL_TLS": "none", "AUTH_MAIL_PAGE": "http://app.example.com"}
    assert faults_with(monkeypatch, ENVIRONMENT="staging", **weak) == []
    found = faults_with(monkeypatch, ENVIRONMENT="production", **weak)
    assert [fault.partition(":")[0] for fault in found] == ["AUTH_MAIL_TLS", "AUTH_MAIL_PAGE"]


def test_a_sender_of_the_application_needs_the_page_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults_with(monkeypatch, ENVIRONMENT="staging") == []
    monkeypatch.setattr("kit.auth.accounts.mail.settings.own_module", lambda: own)
    (fault,) = faults_with(monkeypatch, ENVIRONMENT="staging")
    assert fault.startswith("AUTH_MAIL_PAGE: ")


async def doctor(monkeypatch: pytest.MonkeyPatch, server: MailServer, password: str) -> Result:
    values = {"HOST": "127.0.0.1", "PORT": str(server.port), "TLS": "none", "TIMEOUT": "2"}
    login = {"USERNAME": "shop", "PASSWORD": password, "SENDER": "shop@example.com", "PAGE": "http://localhost/a"}
    for name, value in {**values, **login}.items():
        monkeypatch.setenv(f"AUTH_MAIL_{name}", value)
    return await asyncio.to_thread(CliRunner().invoke, cli, ["doctor"])


@pytest.mark.anyio
async def test_the_doctor_logs_in_to_the_server(monkeypatch: pytest.MonkeyPatch, mail_server: MailServer) -> None:
    found = await doctor(monkeypatch, mail_server, "right")
    assert "mail: ok" in found.output
    wrong = await doctor(monkeypatch, mail_server, "wrong-password")
    assert "mail: 127.0.0.1: 535 wrong\n" in wrong.output
    assert "wrong-password" not in wrong.output
    assert wrong.exit_code == 1
