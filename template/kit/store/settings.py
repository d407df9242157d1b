"""`STORE_…`: what a store has wherever it keeps its data."""

from pydantic import NonNegativeInt, PositiveInt
from pydantic_settings import SettingsConfigDict

from kit.settings import BaseSettings


class StoreSettings(BaseSettings):
    """The store of the service; 0 namespaces means no quota."""

    model_config = SettingsConfigDict(env_prefix="STORE_")

    max_namespaces: NonNegativeInt = 256
    worker_threads: PositiveInt = 4
