"""`AUTH_MAX_API_KEYS`: how many keys a user may have."""

from collections.abc import Iterator

from pydantic import NonNegativeInt
from pydantic_settings import SettingsConfigDict

from kit.settings import BaseSettings, Environment


class ApiKeysSettings(BaseSettings):
    """The most valid keys of each owner; with 0 there is no limit."""

    model_config = SettingsConfigDict(env_prefix="AUTH_")

    max_api_keys: NonNegativeInt = 100

    def faults(self, environment: Environment) -> Iterator[str]:
        if environment is Environment.PRODUCTION and not self.max_api_keys:
            yield "AUTH_MAX_API_KEYS: it is 0, so one user could fill the database with keys; set a limit, such as 100"
