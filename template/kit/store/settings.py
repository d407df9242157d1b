"""`STORE_…`: the settings that every engine has."""

from pydantic import NonNegativeInt, PositiveFloat, PositiveInt
from pydantic_settings import SettingsConfigDict

from kit.settings import BaseSettings


class StoreSettings(BaseSettings):
    """The store of the service; with `max_namespaces` 0 there is no limit."""

    model_config = SettingsConfigDict(env_prefix="STORE_")

    max_namespaces: NonNegativeInt = 256
    worker_threads: PositiveInt = 4
    callback_timeout: PositiveFloat = 30
