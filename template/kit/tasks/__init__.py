"""Tasks: work for later, with arguments, committed together with the data that asked for it."""

from kit.tasks.lifespan import router
from kit.tasks.storage import transaction
from kit.tasks.task import Task, TaskError, TaskRun, task

__all__ = ["Task", "TaskError", "TaskRun", "router", "task", "transaction"]
