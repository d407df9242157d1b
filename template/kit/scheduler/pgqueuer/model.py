"""The table of the jobs: which slot was due last, and the state of the runs."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kit.sql import Base


class ScheduledJob(Base):
    """A job that has been due or has run. `deliveries` counts the workers that have begun the run in the queue."""

    __tablename__ = "scheduled_jobs"

    name: Mapped[str] = mapped_column(String(255), unique=True)
    slot: Mapped[datetime | None]
    deliveries: Mapped[int] = mapped_column(default=0)
    state: Mapped[str | None] = mapped_column(Text)
