"""`SCHEDULER_…`: how long jobs may take."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, PositiveFloat
from pydantic_settings import SettingsConfigDict

from kit.settings import BaseSettings


class SchedulerSettings(BaseSettings):
    """The limits of all jobs; times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="SCHEDULER_")

    job_timeout: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(minutes=15)
    shutdown_timeout: PositiveFloat = 30
    cancel_timeout: PositiveFloat = 5
