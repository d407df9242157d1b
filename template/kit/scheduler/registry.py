"""All jobs of the service: those in the modules of `app/jobs`."""

from kit.discovery import modules
from kit.scheduler.job import Job, JobError


def find_jobs() -> dict[str, Job]:
    """Find the jobs by their ids; raise `JobError` where two have the same one."""
    found: dict[str, Job] = {}
    for module in modules("jobs/**/*.py"):
        for value in vars(module).values():
            if not isinstance(value, Job) or value.work.__module__ != module.__name__:
                continue
            if (other := found.setdefault(value.id, value)) is not value:
                raise JobError(f"{value.file}: its id '{value.id}' is that of the job in {other.file} too")
    return found
