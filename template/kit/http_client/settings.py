"""`HTTP_CLIENT_…` for all calls to other services, and `UPSTREAMS__<name>__…` for upstreams that have a name."""

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
        raise ValueError("it is not an HTTP URL; write it like https://prices.example.com/v1")
    return url


class HttpClientSettings(BaseSettings):
    """The connection pool, and the defaults for all calls; times are in seconds."""

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
    """A service that this one calls by name; `None` means the value of `HTTP_CLIENT_…`."""

    url: Annotated[SecretStr, AfterValidator(_check_url)]
    token: SecretStr | None = None
    check: Annotated[str, StringConstraints(pattern="^/")] | None = None
    connect_timeout: PositiveFloat | None = None
    read_timeout: PositiveFloat | None = None
    retries: NonNegativeInt | None = None


class UpstreamsSettings(BaseSettings):
    """The services that this one calls, by name."""

    upstreams: dict[str, Upstream] = Field(default={})
