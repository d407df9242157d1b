"""`SCHEDULER_…`: where the queue is, and how many jobs a worker runs at once."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, PositiveInt, SecretStr
from pydantic_settings import SettingsConfigDict

from kit.scheduler.settings import Seconds
from kit.settings import BaseSettings

SCHEMES = ("redis://", "rediss://", "unix://")


def _check_url(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(SCHEMES):
        raise ValueError("it is not the URL of a Redis server; write it like redis://localhost:6379/0")
    return url


class QueueSettings(BaseSettings):
    """The queue on Redis; times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="SCHEDULER_")

    url: Annotated[SecretStr, AfterValidator(_check_url)] = SecretStr("redis://localhost:6379/0")
    concurrency: PositiveInt = 10
    unknown_job_timeout: Seconds = timedelta(days=1)
