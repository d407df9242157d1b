"""Finds all jobs of the service, in the modules of `app/jobs`."""

from kit.discovery import modules
from kit.scheduler.job import Job, JobError


def find_jobs() -> dict[str, Job]:
    """Return the jobs by id; raise `JobError` if two have the same id."""
    found: dict[str, Job] = {}
    for module in modules("jobs/**/*.py"):
        for value in vars(module).values():
            if not isinstance(value, Job) or value.work.__module__ != module.__name__:
                continue
            if (other := found.setdefault(value.id, value)) is not value:
                raise JobError(f"{value.file}: the job in {other.file} has the id '{value.id}' too; change one of them")
    return found
