"""The accounts and sessions as the rest of the package sees them, and what a database must do with them."""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol, cast
from uuid import UUID

from fastapi import FastAPI

from kit.discovery import modules


@dataclass(frozen=True, kw_only=True)
class Account:
    """Somebody who can log in. Sessions of another `generation` have ended, so that one change ends all of them.

    `verified_at` is when the owner of the address has shown that it is theirs, or an administrator has said so.
    """

    id: UUID
    email: str
    password_hash: str
    scopes: frozenset[str]
    generation: int
    disabled_at: datetime | None
    verified_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Session:
    """What one log in has begun. `family` is the same in all its refresh tokens; `refresh` is the only valid one.

    Both are hashes: who reads the database cannot refresh with what is there. Of a session with a cookie, `family` is
    the hash of the cookie, and there is no refresh token.
    """

    id: UUID
    account_id: UUID
    generation: int
    family: str
    refresh: str
    expires_at: datetime


class OpenSession(NamedTuple):
    """A session that has not ended."""

    id: UUID
    account: Account


class Purpose(StrEnum):
    """What a token in a mail is for. It is valid for nothing else."""

    VERIFY = "verify"
    RESET = "reset"
    MOVE = "move"


@dataclass(frozen=True, kw_only=True)
class MailToken:
    """What somebody may do who has got a mail to `email`. `digest` is the hash of what is in the mail."""

    account_id: UUID
    purpose: Purpose
    digest: str
    email: str
    generation: int
    expires_at: datetime


class Storage(Protocol):
    """Accounts and sessions in a database. Each method is atomic, also against other processes."""

    async def create(
        self, email: str, password_hash: str, scopes: Collection[str] = (), verified_at: datetime | None = None
    ) -> Account:
        """Create an account, or raise `ConflictException` if the address has one."""
        ...

    async def find(self, email: str) -> Account | None: ...

    async def get(self, account_id: UUID) -> Account | None: ...

    async def list_accounts(self, after: UUID | None, limit: int) -> Sequence[Account]:
        """Return accounts in the order of their creation."""
        ...

    async def replace_hash(self, account: Account, password_hash: str) -> None:
        """Store another hash of the same password, unless the password has changed since the account was read."""
        ...

    async def change_password(self, account: Account, password_hash: str) -> Account | None:
        """Store the hash of a new password, and end all sessions.

        Returns `None` if the password has changed since the account was read.
        """
        ...

    async def end_all(self, account_id: UUID) -> None:
        """End all sessions of an account."""
        ...

    async def change_scopes(self, account_id: UUID, add: Collection[str], remove: Collection[str]) -> Account | None:
        """Add and remove scopes, and return the account."""
        ...

    async def disable(self, account_id: UUID, at: datetime | None) -> Account | None:
        """Disable an account and end its sessions, or enable it with `None`."""
        ...

    async def delete(self, account_id: UUID) -> bool:
        """Delete an account with its sessions and its tokens for mails, and return whether there was one."""
        ...

    async def start(self, session: Session) -> None:
        """Store a session, and remove some that have expired."""
        ...

    async def account_of(self, session_id: UUID) -> Account | None:
        """Return the account of a session that has not ended. This never reads from a replica."""
        ...

    async def session_of(self, family: str) -> OpenSession | None:
        """Return the session of a family that has not ended, and its account. This never reads from a replica."""
        ...

    async def rotate(self, family: str, refresh: str, successor: str) -> Session | None:
        """Replace the refresh token of a session if it is still this one, and return the session."""
        ...

    async def end_family(self, family: str) -> UUID | None:
        """End the session of a family, and return its account, or `None` if there is no such session."""
        ...

    async def end(self, session_id: UUID) -> None: ...


class MailTokens(Protocol):
    """Tokens for mails in a database. Each works once, also if two processes use it at the same moment.

    A token has ended if its account has been disabled or has another generation since, such as after a new password.
    """

    async def replace(self, token: MailToken) -> None:
        """Store a token in place of the former one of this account for this purpose, if there is still an account."""
        ...

    async def find(self, purpose: Purpose, digest: str) -> MailToken | None:
        """Return a token that has not expired, without using it."""
        ...

    async def verify(self, digest: str, at: datetime) -> Account | None:
        """Use a token to verify the address of its account."""
        ...

    async def reset(self, digest: str, password_hash: str, at: datetime) -> Account | None:
        """Use a token to store a new password. This ends all sessions and verifies the address."""
        ...

    async def move(self, digest: str, at: datetime) -> Account | None:
        """Use a token to change the address; raise `ConflictException` if another account has it now."""
        ...


class StorageModule(Protocol):
    """A package that keeps accounts in the database of this service."""

    def storage_of(self, app: FastAPI) -> Storage: ...

    def mail_tokens_of(self, app: FastAPI) -> MailTokens: ...

    def open_storage(self) -> AbstractAsyncContextManager[Storage]: ...


def storage_module() -> StorageModule:
    """Return the package for the database of this service; a service has one."""
    packages = (each for each in modules("auth/accounts/*/__init__.py") if each.__name__.startswith("kit."))
    (found,) = (each for each in packages if hasattr(each, "open_storage"))
    return cast("StorageModule", found)
