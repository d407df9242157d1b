"""Jobs: work that the service does on a timetable, or when a route starts it."""

from kit.scheduler.job import Job, JobError, job
from kit.scheduler.scheduler import get_scheduler

__all__ = ["Job", "JobError", "get_scheduler", "job"]
