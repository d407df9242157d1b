"""`SCHEDULER_…`: where the queue is, and how many jobs a worker runs at once."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, PositiveInt, SecretStr
from pydantic_settings import SettingsConfigDict

from kit.redis_url import check_redis_url
from kit.scheduler.settings import Seconds
from kit.settings import BaseSettings


class QueueSettings(BaseSettings):
    """The queue on Redis; times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="SCHEDULER_")

    url: Annotated[SecretStr, AfterValidator(check_redis_url)] = SecretStr("redis://localhost:6379/0")
    concurrency: PositiveInt = 10
    unknown_job_timeout: Seconds = timedelta(days=1)
