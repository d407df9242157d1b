"""The tables of tasks, and of the effects of tasks that happen once."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kit.sql import Base
from kit.tasks.storage import MAX_ERROR


class DeferredTask(Base):
    """A task. `lease` is that of the worker which runs it; the index is in the order in which tasks are begun."""

    __tablename__ = "deferred_tasks"
    __table_args__ = (Index(None, "state", "due_at", "id"),)

    name: Mapped[str]
    state: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[datetime]
    arguments: Mapped[str] = mapped_column(Text)
    context: Mapped[str] = mapped_column(Text)
    unique_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    attempt: Mapped[int] = mapped_column(default=0)
    beat: Mapped[int] = mapped_column(default=0)
    lease: Mapped[UUID | None]
    error: Mapped[str | None] = mapped_column(String(MAX_ERROR))


class DeferredEffect(Base):
    """An effect that a task has had, so that a repeated attempt leaves it out."""

    __tablename__ = "deferred_effects"
    __table_args__ = (UniqueConstraint("task_id", "key"),)

    task_id: Mapped[UUID]
    key: Mapped[str]
