"""A running service with the tasks of a test, and no jobs."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from fastapi import FastAPI

from kit.tasks import Task, lifespan, pauses

RunTasks = Callable[..., AbstractAsyncContextManager[FastAPI]]


def replace_tasks(monkeypatch: pytest.MonkeyPatch, *tasks: Task) -> None:
    """Let the service know these tasks, and repeat them after short pauses."""
    monkeypatch.setattr(lifespan, "find_tasks", lambda: {task.id: task for task in tasks})
    monkeypatch.setattr(pauses, "FIRST_PAUSE", 0.01)
