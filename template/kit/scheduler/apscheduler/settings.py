"""`SCHEDULER_…`: whether this process takes part in the jobs, and where the processes share what they know."""

from pathlib import Path
from typing import Self

from pydantic_settings import SettingsConfigDict

from kit.settings import BaseSettings


class LeaderSettings(BaseSettings):
    """Who starts the jobs."""

    model_config = SettingsConfigDict(env_prefix="SCHEDULER_")

    enabled: bool = True
    directory: Path = Path("data/scheduler")

    def for_doctor(self) -> Self:
        return self.model_copy(update={"enabled": False})
