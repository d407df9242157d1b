"""`AUTH_…`: whose tokens the service accepts."""

from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, NonNegativeInt, PositiveFloat
from pydantic_settings import NoDecode, SettingsConfigDict

from kit.settings import BaseSettings, Environment
from kit.settings.settings import PROJECT
from kit.settings.values import split

DEFAULT_ISSUER = "http://localhost:8080/default"
GOOD_ISSUER = "https://login.example.com/realms/main"
# Only algorithms with a public key: with a shared key, whoever can verify a token can also make one.
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


def _check_issuer(value: str) -> str:
    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or "@" in value or "?" in value or "#" in value:
        raise ValueError(f"it is not the URL of an issuer; write it as its tokens do, like {GOOD_ISSUER}")
    return value


def _check_audience(value: str) -> str:
    if "*" in value:
        raise ValueError("an audience has no wildcards; name this service as its tokens do")
    return value


class OidcSettings(BaseSettings):
    """The provider, and what its tokens must say; times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="AUTH_")

    issuer: Annotated[str, AfterValidator(_check_issuer)] = DEFAULT_ISSUER
    audience: Annotated[
        tuple[Annotated[str, AfterValidator(_check_audience)], ...],
        NoDecode,
        BeforeValidator(split),
        Field(min_length=1),
    ] = (PROJECT["name"],)
    algorithms: Annotated[tuple[Algorithm, ...], NoDecode, BeforeValidator(split), Field(min_length=1)] = (
        *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
        *("ES256", "ES384", "ES512", "EdDSA"),
    )
    roles_claim: str = "roles"
    leeway: float = Field(default=10, ge=0, le=300)
    timeout: PositiveFloat = 5
    keys_refresh: PositiveFloat = 300
    keys_interval: PositiveFloat = 10
    keys_max_age: PositiveFloat = 86400
    token_cache: NonNegativeInt = 2000
    docs_client: str = ""

    def faults(self, environment: Environment) -> Iterator[str]:
        if environment is Environment.PRODUCTION and not self.issuer.startswith("https://"):
            yield f"AUTH_ISSUER: it is not https, so others could replace its keys; write it like {GOOD_ISSUER}"
