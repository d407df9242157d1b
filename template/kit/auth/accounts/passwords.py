"""Hashes and verifies passwords with argon2id, in a few threads of their own."""

import asyncio
import base64
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from kit.auth.accounts.settings import AccountsSettings
from kit.errors import ServiceUnavailableException

Result = TypeVar("Result")

NO_PASSWORD = "!"  # noqa: S105 - the hash of an account that nobody can log in to


class Verified(NamedTuple):
    """Whether a password is right, and its hash with the parameters of today if it has others."""

    is_right: bool
    new_hash: str | None = None


class PasswordFaultError(ValueError):
    """A password cannot be used."""


def normal(password: str, settings: AccountsSettings) -> bytes:
    """Return the bytes of a password that two keyboards write in two ways.

    Raises `PasswordFaultError` before any work if it is too long: argon2 would take its time for any length.
    """
    longest = settings.password_max_bytes
    if len(password) <= longest:
        try:
            encoded = unicodedata.normalize("NFKC", password).encode()
        except UnicodeEncodeError:  # JSON can contain half of a surrogate pair
            raise PasswordFaultError("a password that is not text cannot be used") from None
        if len(encoded) <= longest:
            return encoded
    raise PasswordFaultError(f"a password may have at most {longest} bytes")


def check_new(password: str, settings: AccountsSettings) -> bytes:
    """Return the bytes of a new password, which must not be too short either."""
    encoded = normal(password, settings)
    if len(encoded.decode()) < settings.password_min_length:
        raise PasswordFaultError(f"a password needs at least {settings.password_min_length} characters")
    return encoded


class Passwords:
    """Each hash takes `argon2_memory`, so at most `hashes_at_once` are made at a time; others wait for their turn."""

    def __init__(self, settings: AccountsSettings) -> None:
        self._settings = settings
        hasher = Argon2Hasher(settings.argon2_iterations, settings.argon2_memory, settings.argon2_lanes)
        self._hashes = PasswordHash((hasher,))
        # A semaphore would let more in when a client goes away, because its thread goes on.
        self._threads = ThreadPoolExecutor(settings.hashes_at_once, thread_name_prefix="passwords")
        self._dummy = _dummy_hash(settings)

    async def hash(self, password: str) -> str:
        """Return the hash of a new password; raise `PasswordFaultError` if it is too short or too long."""
        encoded = check_new(password, self._settings)
        return await self.run(lambda: self._hashes.hash(encoded))

    async def verify(self, password: str, password_hash: str | None) -> Verified:
        """Return whether a password is right. Without a hash it takes as long, and is never right."""
        encoded = normal(password, self._settings)
        usable = password_hash if password_hash and password_hash != NO_PASSWORD else None
        verified = await self.run(lambda: self._verify(encoded, usable or self._dummy))
        return verified if usable else Verified(is_right=False)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password: bytes, password_hash: str) -> Verified:
        try:
            return Verified(*self._hashes.verify_and_update(password, password_hash))
        except UnknownHashError:
            return Verified(is_right=False)

    async def run(self, work: Callable[[], Result]) -> Result:
        """Run in one of the threads; raise `ServiceUnavailableException` if none is free in time."""
        seconds = self._settings.hash_timeout
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except TimeoutError:
            headers = {"Retry-After": str(seconds)}
            raise ServiceUnavailableException("Too many others log in", headers=headers) from None


def _dummy_hash(settings: AccountsSettings) -> str:
    """Return a hash of no password, with the parameters of today, so that verifying it takes the usual time."""
    salt, digest = (base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (16, 32))
    costs = f"m={settings.argon2_memory},t={settings.argon2_iterations},p={settings.argon2_lanes}"
    return f"$argon2id$v=19${costs}${salt}${digest}"
