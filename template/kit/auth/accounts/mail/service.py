"""What accounts do with mails: verify an address, choose a new password, and change the address."""

import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from hashlib import sha256
from uuid import UUID

import structlog
from fastapi import FastAPI
from structlog.typing import FilteringBoundLogger

from kit.auth.accounts.mail.outbox import Outbox
from kit.auth.accounts.mail.own import own_module
from kit.auth.accounts.mail.senders import SmtpSender, addressed, sender_of
from kit.auth.accounts.mail.settings import MailSettings
from kit.auth.accounts.mail.texts import Kind, write
from kit.auth.accounts.passwords import check_new
from kit.auth.accounts.service import Accounts, get_accounts
from kit.auth.accounts.storage import Account, MailToken, MailTokens, Purpose, storage_module
from kit.errors import BadRequestException, ConflictException, NotFoundException
from kit.health import get_health
from kit.settings import Settings, get_settings

log: FilteringBoundLogger = structlog.get_logger(__name__)

DEFAULT_PAGE = "http://localhost:3000/account"  # in `local`
TOKEN_BYTES = 32
Write = Callable[[str, str], EmailMessage]


class Mailing:
    """The mails of a running service. What depends on whether an account exists happens after the response."""

    def __init__(
        self, accounts: Accounts, tokens: MailTokens, outbox: Outbox, text: Write, settings: MailSettings
    ) -> None:
        self.outbox = outbox
        self._accounts = accounts
        self._tokens = tokens
        self._write = text
        self._settings = settings

    async def register(self, email: str, password: str) -> None:
        """Create an account, or tell the owner of the address that there is one."""
        password_hash = await self._accounts.hash_of_new(password)
        await self._accounts.storage.find(email)  # a database that is away is an error of the request
        self.outbox.start(self._register(email, password_hash))

    def ask_to_verify(self, email: str) -> None:
        self.outbox.start(self._mail_to(email, Purpose.VERIFY, Kind.VERIFY, unless_verified=True))

    def ask_to_reset(self, email: str) -> None:
        self.outbox.start(self._mail_to(email, Purpose.RESET, Kind.RESET))

    async def ask_to_move(self, account_id: UUID, password: str, email: str) -> None:
        """Send a link to a new address of an account, whose password this is."""
        account = await self._accounts.confirmed(account_id, password)
        self.outbox.start(self._ask_to_move(account, email))

    async def verify(self, token: str) -> None:
        """Verify the address of an account; raise `BadRequestException` if the token does not work."""
        account = _found(await self._tokens.verify(digest_of(token), datetime.now(UTC)))
        log.info("an address was verified", user_id=str(account.id))

    async def reset(self, token: str, password: str) -> None:
        """Store a new password, and end all sessions. A password that cannot be used leaves the token as it is."""
        check_new(password, self._accounts.settings)
        if await self._tokens.find(Purpose.RESET, digest_of(token)) is None:
            _found(None)
        password_hash = await self._accounts.passwords.hash(password)
        account = _found(await self._tokens.reset(digest_of(token), password_hash, datetime.now(UTC)))
        log.info("the password was reset, and all sessions have ended", user_id=str(account.id))

    async def move(self, token: str) -> None:
        """Change the address of an account, and tell the owner of the former one."""
        pending = await self._tokens.find(Purpose.MOVE, digest_of(token))
        before = await self._accounts.storage.get(pending.account_id) if pending else None
        account = _found(await self._tokens.move(digest_of(token), datetime.now(UTC)))
        log.info("the address was changed", user_id=str(account.id))
        if before and before.verified_at:
            self.outbox.start(self._send(before.email, Kind.MOVED, account, ""))

    async def _register(self, email: str, password_hash: str) -> None:
        try:
            account = await self._accounts.storage.create(email, password_hash)
        except ConflictException:
            await self._mail_to(email, Purpose.RESET, Kind.REGISTERED)
        else:
            await self._mail(account, account.email, Purpose.VERIFY, Kind.VERIFY)

    async def _ask_to_move(self, account: Account, email: str) -> None:
        if await self._accounts.storage.find(email):
            await self._mail_to(email, Purpose.RESET, Kind.REGISTERED)
        else:
            await self._mail(account, email, Purpose.MOVE, Kind.MOVE)

    async def _mail_to(self, email: str, purpose: Purpose, kind: Kind, *, unless_verified: bool = False) -> None:
        account = await self._accounts.storage.find(email)
        if account and not account.disabled_at and not (unless_verified and account.verified_at):
            await self._mail(account, account.email, purpose, kind)

    async def _mail(self, account: Account, email: str, purpose: Purpose, kind: Kind) -> None:
        """Send a new token, in place of the former one."""
        settings = self._settings
        seconds = settings.verify_lifetime if purpose is Purpose.VERIFY else settings.reset_lifetime
        token = secrets.token_urlsafe(TOKEN_BYTES)
        await self._tokens.replace(
            MailToken(
                account_id=account.id,
                purpose=purpose,
                digest=digest_of(token),
                email=email,
                generation=account.generation,
                expires_at=datetime.now(UTC) + timedelta(seconds=seconds),
            )
        )
        # A fragment stays in the browser: it is in no log of a server, and in no `Referer`.
        await self._send(email, kind, account, f"{settings.page or DEFAULT_PAGE}#{purpose}={token}")

    async def _send(self, email: str, kind: Kind, account: Account, link: str) -> None:
        message = addressed(self._write(kind, link), email, self._settings.sender)
        await self.outbox.send(message, kind=kind, user_id=str(account.id))


@asynccontextmanager
async def mailing(app: FastAPI) -> AsyncGenerator[Mailing | None]:
    """Open the mails of a service, or yield `None` if it has no sender."""
    settings, send = get_settings(app, MailSettings), sender_of(app)
    if send is None:
        yield None
        return
    if settings.host and settings.is_examined:
        get_health(app).add_check("mail", SmtpSender(settings).check, timeout=settings.timeout)
    outbox = Outbox(send, settings.timeout)
    text: Write = getattr(own_module(), "write", None) or partial(write, get_settings(app, Settings).app_name)
    try:
        yield Mailing(get_accounts(app), storage_module().mail_tokens_of(app), outbox, text, settings)
    finally:
        await outbox.close()


def find_mailing(app: FastAPI) -> Mailing | None:
    """Return the mails of the running service, or `None` if it has no sender."""
    return app.state.mailing


def get_mailing(app: FastAPI) -> Mailing:
    """Return the mails of the running service; raise `NotFoundException` if it has no sender."""
    if found := find_mailing(app):
        return found
    raise NotFoundException("This service sends no mails, so ask an administrator")


def _found(account: Account | None) -> Account:
    if account is None:
        raise BadRequestException("The link has expired or was used, so ask for a new one")
    return account


def digest_of(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()  # half of a surrogate pair is in no token
