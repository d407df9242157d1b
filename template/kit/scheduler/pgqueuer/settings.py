"""`SCHEDULER_…`: how many jobs a worker runs at once, and whether the service itself is a worker."""

from typing import Annotated, Self

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from kit.settings import BaseSettings


class QueueSettings(BaseSettings):
    """The workers of the queue. PgQueuer takes entries in pairs, so a worker runs two jobs at once or more."""

    model_config = SettingsConfigDict(env_prefix="SCHEDULER_")

    concurrency: Annotated[int, Field(ge=2)] = 10
    with_worker: bool = False

    def for_doctor(self) -> Self:
        return self.model_copy(update={"with_worker": False})
