"""`STORE_…`: how the service reaches Redis or Valkey."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, PositiveFloat, PositiveInt, SecretStr
from pydantic_settings import SettingsConfigDict

from kit.settings import BaseSettings
from kit.settings.settings import PROJECT

DEFAULT_URL = "redis://localhost:6379/0"


def _check_url(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
        raise ValueError(f"it is not the URL of a Redis server; write it like {DEFAULT_URL}, or with rediss:// for TLS")
    return url


class RedisSettings(BaseSettings):
    """The server of the store; all its keys begin with `prefix`. Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="STORE_")

    url: Annotated[SecretStr, AfterValidator(_check_url)] = SecretStr(DEFAULT_URL)
    password: SecretStr | None = None
    prefix: str = PROJECT["name"]
    pool_size: PositiveInt = 20
    timeout: PositiveFloat = 5
