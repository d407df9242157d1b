"""`HTTP_CLIENT_…`: how the service calls others, and `UPSTREAMS__<name>__URL` for those that it calls by name."""

from typing import Annotated

from httpx2 import URL, InvalidURL
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    StringConstraints,
)
from pydantic_settings import SettingsConfigDict

from kit.settings import BaseSettings


def _check_url(url: SecretStr) -> SecretStr:
    try:
        parsed = URL(url.get_secret_value())
    except InvalidURL:
        parsed = URL()
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ValueError("it is no URL of a service; write it like https://prices.example.com/v1")
    return url


class HttpClientSettings(BaseSettings):
    """The pool, and what holds for all calls; times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="HTTP_CLIENT_")

    max_connections: PositiveInt = 100
    keepalive_connections: NonNegativeInt = 20
    keepalive_expiry: PositiveFloat = 30
    connect_timeout: PositiveFloat = 5
    read_timeout: PositiveFloat = 30
    write_timeout: PositiveFloat = 30
    pool_timeout: PositiveFloat = 5
    retries: NonNegativeInt = 3
    retry_wait: PositiveFloat = 0.1
    retry_max_wait: PositiveFloat = 5
    retry_budget: PositiveFloat = 0.2


class Upstream(BaseModel):
    """A service that this one calls; what is not set here is as for all calls."""

    url: Annotated[SecretStr, AfterValidator(_check_url)]
    token: SecretStr | None = None
    check: Annotated[str, StringConstraints(pattern="^/")] | None = None
    connect_timeout: PositiveFloat | None = None
    read_timeout: PositiveFloat | None = None
    retries: NonNegativeInt | None = None


class UpstreamsSettings(BaseSettings):
    """The services that this one calls, by name."""

    upstreams: dict[str, Upstream] = Field(default={})
