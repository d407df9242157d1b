"""The keys of the provider: kept, fetched again in time, and never once for each request."""

import asyncio
import math
from collections.abc import Callable
from time import monotonic

import jwt
import structlog
from pydantic import BaseModel
from structlog.typing import FilteringBoundLogger

from kit.auth.oidc.provider import Jwk, Provider, ProviderError
from kit.auth.oidc.settings import OidcSettings
from kit.background import end
from kit.errors import ServiceUnavailableException

log: FilteringBoundLogger = structlog.get_logger(__name__)


class KeysHealth(BaseModel):
    """How many keys are known, their age, and what kept the service from fetching them again, if anything did."""

    keys: int
    age_seconds: float
    error: str | None = None


class Keys:
    """The keys by their ids.

    They are fetched again after `keys_refresh` seconds, while requests go on with the known ones, and for an unknown
    id. There is one fetch at a time, and at most one in `keys_interval` seconds. Keys of `keys_max_age` are not used.
    """

    def __init__(self, provider: Provider, settings: OidcSettings, clock: Callable[[], float] = monotonic) -> None:
        self._provider = provider
        self._settings = settings
        self._clock = clock
        self._jwks: dict[str, Jwk] = {}
        self._made: dict[tuple[str, str], jwt.PyJWK] = {}
        self._fetched = self._tried = -math.inf
        self._error: str | None = None
        self._task: asyncio.Task[None] | None = None

    def known(self, kid: str, algorithm: str) -> jwt.PyJWK | None:
        """Return a key, the same object until the provider changes its keys, or `None` if it is not known.

        Raises `jwt.PyJWTError` for a key that is not for this algorithm.
        """
        age = self._age
        if age >= self._settings.keys_max_age or kid not in self._jwks:
            return None
        if age > self._settings.keys_refresh:
            self._start_fetch()
        if (key := self._made.get((kid, algorithm))) is None:
            key = self._made[kid, algorithm] = _make(self._jwks[kid], algorithm)
        return key

    async def find(self, kid: str, algorithm: str) -> jwt.PyJWK | None:
        """Return a key, or `None` if the provider has no such key.

        Raises `ServiceUnavailableException` if the provider does not say whether it has it.
        """
        if key := self.known(kid, algorithm):
            return key
        await self._fetch_and_wait()
        if key := self.known(kid, algorithm):
            return key
        if self._error or not self._are_usable:
            headers = {"Retry-After": str(math.ceil(self._settings.keys_interval))}
            raise ServiceUnavailableException("The identity provider is not available", headers=headers)
        return None

    async def check(self) -> KeysHealth:
        """Return the state of the keys; raise `ServiceUnavailableException` if there are none."""
        if not self._are_usable:
            await self._fetch_and_wait()
        elif self._age > self._settings.keys_refresh:
            self._start_fetch()
        if not self._are_usable:
            raise ServiceUnavailableException(f"The identity provider is not available: {self._error}")
        return KeysHealth(keys=len(self._jwks), age_seconds=round(self._age, 3), error=self._error)

    async def close(self) -> None:
        """Stop a running fetch."""
        if self._task:
            await end(self._task)

    @property
    def _age(self) -> float:
        return self._clock() - self._fetched

    @property
    def _are_usable(self) -> bool:
        return self._age < self._settings.keys_max_age

    async def _fetch_and_wait(self) -> None:
        if task := self._start_fetch():
            await asyncio.shield(task)  # the others that wait need it, if this request is cancelled

    def _start_fetch(self) -> asyncio.Task[None] | None:
        """Return the running fetch or a new one, or `None` if the last one is not long enough ago."""
        if self._task is None and self._clock() - self._tried >= self._settings.keys_interval:
            self._task = asyncio.create_task(self._fetch(), name="keys of the identity provider")
        return self._task

    async def _fetch(self) -> None:
        started = self._clock()
        try:
            jwks = await self._provider.keys()
        except Exception as error:  # noqa: BLE001 - whatever a provider does, the known keys remain
            self._error = str(error) if isinstance(error, ProviderError) else type(error).__name__
            log.warning("the keys of the identity provider cannot be fetched", error=self._error)
        else:
            self._error, self._fetched = None, started
            if jwks != self._jwks:
                self._jwks, self._made = jwks, {}
                log.info("the identity provider has new keys", keys=sorted(jwks))
        finally:
            self._tried, self._task = self._clock(), None


def _make(jwk: Jwk, algorithm: str) -> jwt.PyJWK:
    if jwk.get("alg", algorithm) != algorithm:
        raise jwt.InvalidAlgorithmError("The key is for another algorithm")
    return jwt.PyJWK({**jwk}, algorithm)
