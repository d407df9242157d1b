"""`TASKS_CONCURRENCY`: how many tasks run at once."""

from pydantic import PositiveInt
from pydantic_settings import SettingsConfigDict

from kit.settings import BaseSettings


class TaskSettings(BaseSettings):
    """The limits of the process that runs the tasks."""

    model_config = SettingsConfigDict(env_prefix="TASKS_")

    concurrency: PositiveInt = 10
