"""What accounts can do: register, log in and out, refresh, and change a password."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog
from fastapi import FastAPI
from structlog.typing import FilteringBoundLogger
from uuid_utils.compat import uuid7

from kit.auth.accounts.passwords import Passwords, check_new
from kit.auth.accounts.settings import AccountsSettings
from kit.auth.accounts.storage import Account, Session, Storage
from kit.auth.accounts.tokens import Access, AccessTokens, new_refresh_token, read_refresh
from kit.errors import ForbiddenException, UnauthorizedException

log: FilteringBoundLogger = structlog.get_logger(__name__)

# The same for an unknown address, a wrong password and a disabled account.
REFUSED = "The e-mail address or the password is wrong"


class Tokens(NamedTuple):
    """What a client gets for a log in or a refresh."""

    access: str
    refresh: str


class Accounts:
    """The accounts of a running service."""

    def __init__(
        self, storage: Storage, passwords: Passwords, tokens: AccessTokens, settings: AccountsSettings
    ) -> None:
        self.verified_only = False
        """Whether only accounts with a verified address may log in."""
        self.storage = storage
        self.passwords = passwords
        self.tokens = tokens
        self.settings = settings

    async def register(self, email: str, password: str) -> Account:
        """Create an account without scopes, or raise `ConflictException`, after the same time."""
        return await self.storage.create(email, await self.hash_of_new(password))

    async def hash_of_new(self, password: str) -> str:
        """Return the hash of the password of somebody who registers."""
        if not self.settings.registration:
            raise ForbiddenException("Only an administrator can create accounts here")
        return await self.passwords.hash(password)

    async def log_in(self, email: str, password: str) -> Account:
        """Return the account that may start a session with this password."""
        account = await self._verified(await self.storage.find(email), password)
        if self.verified_only and not account.verified_at:
            raise UnauthorizedException(self._refused)
        log.info("logged in", user_id=str(account.id))
        return account

    async def refresh(self, token: str) -> Tokens:
        """Return new tokens for a refresh token, which works once. If it is used again, the session ends."""
        family, refresh = read_refresh(token)
        successor = new_refresh_token(token)
        session = await self.storage.rotate(family, refresh, read_refresh(successor).token)
        if session is None:
            await self._end_family(family)
        elif await self._is_open(session):
            return Tokens(self.tokens.make(Access(session.account_id, session.id)), successor)
        raise UnauthorizedException("The refresh token is not valid")

    async def change_password(self, account_id: UUID, old: str, new: str) -> Account:
        """Change a password and end all sessions, and return the account, which may start a new one."""
        check_new(new, self.settings)
        account = await self.confirmed(account_id, old)
        changed = await self.storage.change_password(account, await self.passwords.hash(new))
        if changed is None:
            raise UnauthorizedException(self._refused)
        log.info("the password was changed, and all sessions have ended", user_id=str(account.id))
        return changed

    async def confirmed(self, account_id: UUID, password: str) -> Account:
        """Return an account whose password somebody gives again."""
        return await self._verified(await self.storage.get(account_id), password, rehash=False)

    async def start_session(self, account: Account) -> Tokens:
        """Start a session with tokens."""
        token = new_refresh_token()
        session = await self.start(account, *read_refresh(token))
        return Tokens(self.tokens.make(Access(account.id, session.id)), token)

    async def start(self, account: Account, family: str, refresh: str = "") -> Session:
        """Start a session of an account as it was read: if its password has changed since, the session has ended."""
        session = Session(
            id=uuid7(),
            account_id=account.id,
            generation=account.generation,
            family=family,
            refresh=refresh,
            expires_at=datetime.now(UTC) + timedelta(seconds=self.settings.session_lifetime),
        )
        await self.storage.start(session)
        return session

    @property
    def _refused(self) -> str:
        return f"{REFUSED}, or the address is not verified yet" if self.verified_only else REFUSED

    async def _verified(self, account: Account | None, password: str, *, rehash: bool = True) -> Account:
        """Return an account whose password this is; for all others this takes as long, and says the same."""
        verified = await self.passwords.verify(password, account.password_hash if account else None)
        if account is None or not verified.is_right or account.disabled_at:
            raise UnauthorizedException(self._refused)
        if rehash and verified.new_hash:
            await self.storage.replace_hash(account, verified.new_hash)
        return account

    async def _is_open(self, session: Session) -> bool:
        """Whether the account of a session that was there a moment ago still has the password of then.

        The session itself may have ended by now, if another client has used the same refresh token a moment later.
        """
        account = await self.storage.get(session.account_id)
        return account is not None and account.generation == session.generation and not account.disabled_at

    async def _end_family(self, family: str) -> None:
        if account_id := await self.storage.end_family(family):
            log.warning("an old refresh token was used, so its session has ended", user_id=str(account_id))


def get_accounts(app: FastAPI) -> Accounts:
    """Return the accounts of the running service."""
    return app.state.accounts
