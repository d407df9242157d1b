"""`SCHEDULER_…`: whether this process may lead, and which folder the processes share."""

from pathlib import Path
from typing import Self

from pydantic_settings import SettingsConfigDict

from kit.settings import BaseSettings


class LeaderSettings(BaseSettings):
    """Which processes may start jobs when they are due, and where they share the state of the jobs."""

    model_config = SettingsConfigDict(env_prefix="SCHEDULER_")

    enabled: bool = True
    directory: Path = Path("data/scheduler")

    def for_doctor(self) -> Self:
        return self.model_copy(update={"enabled": False})
