"""`AUTH_…`: passwords, sessions, and how often somebody may try to log in."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field, PositiveInt
from pydantic_settings import SettingsConfigDict

from kit.limits.rate import Rate
from kit.settings import BaseSettings, Environment

LEAST_MEMORY = 19 * 1024  # these two are the least that OWASP's cheat sheet on the storage of passwords accepts
LEAST_ITERATIONS = 2


def _check_rate(value: str) -> str:
    Rate.parse(value)
    return value


RateText = Annotated[str, AfterValidator(_check_rate)]


class AccountsSettings(BaseSettings):
    """Times are in seconds, `argon2_memory` is in KiB, and the longest password is in bytes."""

    model_config = SettingsConfigDict(env_prefix="AUTH_")

    registration: bool = True
    access_lifetime: int = Field(default=300, ge=10, le=3600)
    session_lifetime: PositiveInt = 30 * 86400
    password_min_length: PositiveInt = 12
    password_max_bytes: int = Field(default=1024, ge=64, le=4096)
    # The defaults of argon2-cffi, which are the second recommendation of RFC 9106.
    argon2_memory: int = Field(default=65536, ge=32)
    argon2_iterations: PositiveInt = 3
    argon2_lanes: int = Field(default=4, ge=1, le=16)
    hashes_at_once: PositiveInt = 2
    hash_timeout: PositiveInt = 10
    rate_of_account: RateText = "10/5 minutes"
    rate_of_address: RateText = "60/5 minutes"

    def faults(self, environment: Environment) -> Iterator[str]:
        if environment is not Environment.PRODUCTION:
            return
        if self.argon2_memory < LEAST_MEMORY:
            yield f"AUTH_ARGON2_MEMORY: it is {self.argon2_memory} KiB; production needs at least {LEAST_MEMORY}"
        if self.argon2_iterations < LEAST_ITERATIONS:
            yield f"AUTH_ARGON2_ITERATIONS: it is below {LEAST_ITERATIONS}, so stolen hashes would be easy to guess"
