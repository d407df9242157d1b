"""The collections of tasks, and of the effects of tasks that happen once."""

from typing import ClassVar
from uuid import UUID

from pymongo import IndexModel

from kit.mongo import Document, UtcDateTime


class DeferredTaskDocument(Document):
    """A task. `lease` is that of the worker which runs it; `asked` counts the tasks that were dropped in its favour.

    The first index is in the order in which tasks are begun.
    """

    collection: ClassVar = "deferred_tasks"
    indexes: ClassVar = [
        IndexModel([("state", 1), ("due_at", 1), ("_id", 1)]),
        IndexModel("unique_key", unique=True, partialFilterExpression={"unique_key": {"$type": "string"}}),
    ]

    name: str
    state: str
    due_at: UtcDateTime
    arguments: str
    context: str
    unique_key: str | None = None
    asked: int = 0
    attempt: int = 0
    beat: int = 0
    lease: UUID | None = None
    error: str | None = None


class DeferredEffectDocument(Document):
    """An effect that a task has had, so that a repeated attempt leaves it out."""

    collection: ClassVar = "deferred_effects"
    indexes: ClassVar = [IndexModel([("task_id", 1), ("key", 1)], unique=True), IndexModel("created_at")]

    task_id: UUID
    key: str
