"""`SCHEDULER_…`: how long jobs may take."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, PositiveFloat
from pydantic_settings import SettingsConfigDict

from kit.settings import BaseSettings


def _number(value: object) -> object:
    """Return the number in a text, because Pydantic reads `900` as seconds only if it is a number."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


Seconds = Annotated[timedelta, BeforeValidator(_number), Field(gt=timedelta(0))]


class SchedulerSettings(BaseSettings):
    """The limits of all jobs; times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="SCHEDULER_")

    job_timeout: Seconds = timedelta(minutes=15)
    shutdown_timeout: PositiveFloat = 30
    cancel_timeout: PositiveFloat = 5
