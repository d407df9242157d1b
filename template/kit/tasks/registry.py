"""Finds all tasks of the service, in the modules of `app/jobs`."""

from kit.discovery import modules
from kit.scheduler.registry import find_jobs
from kit.tasks.task import Task, TaskError


def find_tasks() -> dict[str, Task]:
    """Return the tasks by id; raise `TaskError` if two, or a task and a job, have the same id."""
    found: dict[str, Task] = {}
    jobs = find_jobs()
    for module in modules("jobs/**/*.py"):
        for value in vars(module).values():
            if not isinstance(value, Task) or value.work.__module__ != module.__name__:
                continue
            if (other := found.setdefault(value.id, value)) is not value:
                raise TaskError(
                    f"{value.file}: the task in {other.file} has the id '{value.id}' too; change one of them"
                )
            if value.id in jobs:
                raise TaskError(f"{value.file}: a job has the id '{value.id}' too; write the task in a file of its own")
    return found
