"""Who sends mails: the console in `local`, an SMTP server, or a function of the application."""

import sys
from collections.abc import Awaitable, Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from functools import partial

import aiosmtplib
from fastapi import FastAPI

from kit.auth.accounts.mail.own import own_module
from kit.auth.accounts.mail.settings import MailSettings
from kit.settings import Settings, get_settings
from kit.settings.sources import Environment

Send = Callable[[EmailMessage], Awaitable[None]]


class SmtpSender:
    """Sends over a connection for each mail. aiosmtplib can be cancelled, a thread with smtplib cannot."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    async def send(self, message: EmailMessage) -> None:
        """Send to the one address in `To`; others that a text may have added get nothing."""
        (recipient,) = message["To"].addresses
        async with self._client() as client:
            await client.send_message(message, sender=self._address, recipients=[recipient.addr_spec])

    async def check(self) -> None:
        """Log in to the server, without sending anything; raise `ConnectionError` if it does not work."""
        try:
            async with self._client():
                pass
        except (aiosmtplib.SMTPException, OSError) as error:
            reason = " ".join(map(str, error.args)) or type(error).__name__
            raise ConnectionError(f"{self._settings.host}: {reason}") from error

    @property
    def _address(self) -> str:
        return parseaddr(self._settings.sender or "")[1]

    def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username,
            password=settings.password.get_secret_value() if settings.password else None,
            # Never None, with which it would go on in plain text if somebody on the way removes the offer of TLS.
            start_tls=settings.tls == "starttls",
            use_tls=settings.tls == "implicit",
            local_hostname=self._address.rpartition("@")[2],  # not the name of this machine
            timeout=settings.timeout,
        )


async def print_mail(message: EmailMessage) -> None:
    """Print a mail with its link; in `local` nobody else reads the console."""
    body = message.get_body(("plain", "html"))
    text = body.get_content() if body else ""
    sys.stdout.write(f"\n--- mail to {message['To']}: {message['Subject']}\n{text.strip()}\n---\n\n")
    sys.stdout.flush()


def sender_of(app: FastAPI) -> Send | None:
    """Return what sends the mails of this service, or `None` if nothing does."""
    settings = get_settings(app, MailSettings)
    if send := getattr(own_module(), "send", None):
        return partial(send, app)
    if settings.host:
        return SmtpSender(settings).send
    return print_mail if get_settings(app, Settings).environment is Environment.LOCAL else None


def addressed(message: EmailMessage, email: str, sender: str | None) -> EmailMessage:
    """Return a message with the headers that no text decides about. `Address` quotes what is not a plain address."""
    local, _, domain = email.rpartition("@")
    for name in ("To", "Cc", "Bcc", "From", "Date", "Message-ID", "Auto-Submitted"):
        del message[name]
    message["To"] = Address(username=local, domain=domain)
    if sender:
        message["From"] = sender
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=parseaddr(sender or "")[1].rpartition("@")[2] or "localhost")
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers it
    return message
