"""`STORE_…`: how the service reaches Redis or Valkey."""

from typing import Annotated

from pydantic import AfterValidator, PositiveFloat, PositiveInt, SecretStr
from pydantic_settings import SettingsConfigDict

from kit.redis_url import check_redis_url
from kit.settings import BaseSettings
from kit.settings.settings import PROJECT

DEFAULT_URL = "redis://localhost:6379/0"


class RedisSettings(BaseSettings):
    """The server of the store; all its keys begin with `prefix`. Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="STORE_")

    url: Annotated[SecretStr, AfterValidator(check_redis_url)] = SecretStr(DEFAULT_URL)
    password: SecretStr | None = None
    prefix: str = PROJECT["name"]
    pool_size: PositiveInt = 20
    timeout: PositiveFloat = 5
